using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>The options of one use of an extension, in the order they were met, with their values.</summary>
public sealed class OptionValues
{
    private readonly List<Entry> _entries = [];
    private readonly Func<RuleFacts> _rule;

    internal OptionValues(ExtensionDeclaration extension, Func<RuleFacts> rule, RuleEnvironment environment, Action<string> warn)
    {
        Extension = extension;
        _rule = rule;
        Environment = environment;
        Warn = warn;
    }

    /// <summary>The extension.</summary>
    public ExtensionDeclaration Extension { get; }

    /// <summary>Family, table and protocol of the rule: so far while options are read, finally in the checks and in Build.</summary>
    public RuleFacts Rule => _rule();

    /// <summary>The family.</summary>
    public IpFamily Family => Rule.Family;

    /// <summary>Names and objects outside the rule.</summary>
    public RuleEnvironment Environment { get; }

    /// <summary>Writes a line (or part of one) to the tool's stderr without failing.</summary>
    public Action<string> Warn { get; }

    /// <summary>Whatever an extension's callbacks want to remember between options.</summary>
    public object? Scratch { get; set; }

    /// <summary>Number of options met.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether an option was met.</summary>
    /// <param name="name">Its primary name.</param>
    public bool Has(string name) => Find(name) >= 0;

    /// <summary>Whether one of several options was met.</summary>
    public bool HasAny(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Has(name))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether <c>!</c> stood before the option (its last use).</summary>
    public bool IsInverted(string name)
    {
        int index = Find(name);
        return index >= 0 && _entries[index].IsInverted;
    }

    /// <summary>The value of an option (its last use).</summary>
    /// <exception cref="KeyNotFoundException">The option was not met.</exception>
    public T Get<T>(string name)
    {
        int index = Find(name);
        return index >= 0 ? (T)_entries[index].Value! : throw new KeyNotFoundException(name);
    }

    /// <summary>The value of an option, or another when it was not met.</summary>
    public T Get<T>(string name, T absent)
    {
        int index = Find(name);
        return index >= 0 ? (T)_entries[index].Value! : absent;
    }

    /// <summary>The value of the option that was met last among those whose names begin so, or another when none was.</summary>
    public T LastOf<T>(string prefix, T absent)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].Name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return (T)_entries[i].Value!;
            }
        }
        return absent;
    }

    /// <summary>The values of all uses of a repeatable option, in order.</summary>
    public IEnumerable<(T Value, bool IsInverted)> All<T>(string name)
    {
        foreach (Entry entry in _entries)
        {
            if (string.Equals(entry.Name, name, StringComparison.Ordinal))
            {
                yield return ((T)entry.Value!, entry.IsInverted);
            }
        }
    }

    /// <summary>Those of some options that were met, in the order they were met.</summary>
    public IEnumerable<(string Name, T Value)> InOrder<T>(params (string Name, T Value)[] options)
    {
        foreach (Entry entry in _entries)
        {
            foreach ((string Name, T Value) option in options)
            {
                if (string.Equals(entry.Name, option.Name, StringComparison.Ordinal))
                {
                    yield return option;
                }
            }
        }
    }

    /// <summary>Records an option as met. Callbacks may use it for an option that implies another.</summary>
    public void Set(string name, object? value, bool isInverted = false) => _entries.Add(new Entry(name, value, isInverted));

    private int Find(string name)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            if (string.Equals(_entries[i].Name, name, StringComparison.Ordinal))
            {
                return i;
            }
        }
        return -1;
    }

    private readonly record struct Entry(string Name, object? Value, bool IsInverted);
}
