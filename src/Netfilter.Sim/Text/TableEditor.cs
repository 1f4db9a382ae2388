using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// A table while commands change it (<c>libiptc/libiptc.c</c>): edits are collected beside the table and cost what they
/// touch.
/// </summary>
/// <param name="table">The table at the beginning.</param>
/// <param name="liveCounters">The counters of a rule of that table, by chain and position from 0.</param>
/// <param name="isChanged">Whether the table differs from the kernel's from the beginning.</param>
internal sealed class TableEditor(Table table, Func<string, int, RuleCounters> liveCounters, bool isChanged = false)
{
    private const int MaxLabel = 31;

    private readonly Dictionary<string, ChainDraft?> _drafts = new(StringComparer.Ordinal);
    private readonly List<(string Chain, int Index)> _zeroed = [];
    private Dictionary<string, int>? _references;

    public TableDefinition Definition => table.Definition;

    /// <summary>Whether there is something to commit (<c>handle-&gt;changed</c>).</summary>
    public bool IsChanged { get; private set; } = isChanged;

    /// <summary>Rules (or, at −1, whole chains) whose counters were set to zero.</summary>
    public IReadOnlyList<(string Chain, int Index)> Zeroed => _zeroed;

    public bool IsBuiltIn(string chain) => table.Definition.BuiltInChains.Contains(chain);

    public bool Has(string chain) => _drafts.TryGetValue(chain, out ChainDraft? draft) ? draft is not null : table.Find(chain) is not null;

    /// <summary>The chain as it stands now, or null.</summary>
    public Chain? Find(string chain) =>
        _drafts.TryGetValue(chain, out ChainDraft? draft) ? draft?.Build() : table.Find(chain);

    /// <summary>The names of all chains in order.</summary>
    public IReadOnlyList<string> ChainNames() => [.. Build().Chains.Select(chain => chain.Name)];

    /// <summary>The table with all edits; policy counters are zero but for those that were set, as after every change.</summary>
    public Table Build()
    {
        Table result = table;
        List<Chain> changed = [];
        foreach ((string name, ChainDraft? draft) in _drafts)
        {
            if (draft is not null)
            {
                changed.Add(draft.Build());
            }
            else if (table.Find(name) is not null)
            {
                result = result.Without(name);
            }
        }
        return result.With(changed);
    }

    /// <summary>A chain to append to, by a part of a text; null when there is none.</summary>
    public ChainDraft? Draft(ReadOnlySpan<char> name)
    {
        if (_drafts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out ChainDraft? draft))
        {
            return draft;
        }
        return Edit(name.ToString());
    }

    /// <summary>Appends a rule whose target has been resolved.</summary>
    public void Append(ChainDraft chain, Rule rule, RuleCounters counters)
    {
        chain.Append(rule, counters);
        Count(rule, 1);
        IsChanged = true;
    }

    public ToolError? Append(string chain, Rule rule, RuleCounters counters)
    {
        if (Edit(chain) is not { } draft)
        {
            return ToolError.NoEntry;
        }
        if (RefusedTarget(rule))
        {
            return ToolError.Invalid;
        }
        draft.Append(rule, counters);
        Count(rule, 1);
        return Changed();
    }

    /// <summary>Puts a rule in before a position from 0.</summary>
    public ToolError? Insert(string chain, int index, Rule rule, RuleCounters counters)
    {
        if (Find(chain) is not { } present)
        {
            return ToolError.NoEntry;
        }
        if (index > present.Rules.Count)
        {
            return ToolError.TooBig("insertion");
        }
        if (RefusedTarget(rule))
        {
            return ToolError.Invalid;
        }
        Edit(chain)!.Rules = present.Rules.Insert(index, rule, counters);
        Count(rule, 1);
        return Changed();
    }

    public ToolError? Replace(string chain, int index, Rule rule, RuleCounters counters)
    {
        if (Find(chain) is not { } present)
        {
            return ToolError.NoEntry;
        }
        if (index >= present.Rules.Count)
        {
            return ToolError.TooBig("replacement");
        }
        if (RefusedTarget(rule))
        {
            return ToolError.Invalid;
        }
        Count(present.Rules[index], -1);
        Edit(chain)!.Rules = present.Rules.SetItem(index, rule, counters);
        Count(rule, 1);
        return Changed();
    }

    public ToolError? DeleteAt(string chain, int index)
    {
        if (Find(chain) is not { } present)
        {
            return ToolError.NoEntry;
        }
        if (index >= present.Rules.Count)
        {
            return ToolError.TooBig("deletion");
        }
        Remove(chain, present, index);
        return Changed();
    }

    /// <summary>Removes the first rule that equals one, or only looks for it.</summary>
    public ToolError? Delete(string chain, Rule rule, bool isCheck)
    {
        if (Find(chain) is not { } present)
        {
            return ToolError.NoRule;
        }
        if (RefusedTarget(rule))
        {
            return ToolError.Invalid;
        }
        int index = 0;
        foreach (Rule candidate in present.Rules)
        {
            if (candidate.Equals(rule))
            {
                if (isCheck)
                {
                    return null;
                }
                Remove(chain, present, index);
                return Changed();
            }
            index++;
        }

        // The library remembers the last function that ran, and mapping a jump or an extension runs another one.
        return rule.Target is null or VerdictTarget ? ToolError.NoRule : ToolError.NoEntry;
    }

    public ToolError? Flush(string chain)
    {
        if (Find(chain) is not { } present)
        {
            return ToolError.NoEntry;
        }
        if (_references is not null)
        {
            foreach (Rule rule in present.Rules)
            {
                Count(rule, -1);
            }
        }
        Edit(chain)!.Rules = RuleSequence.Empty;
        return Changed();
    }

    public ToolError? Create(string chain)
    {
        if (Has(chain) || IsReserved(chain))
        {
            return ToolError.ChainExists;
        }
        _drafts[chain] = new ChainDraft(new Chain(chain, RuleSequence.Empty));
        return Changed();
    }

    public ToolError? DeleteChain(string chain)
    {
        if (Find(chain) is not { } present)
        {
            return ToolError.NoEntry;
        }
        if (present.IsBuiltIn)
        {
            return ToolError.Invalid;
        }
        if (ReferencesTo(chain) > 0)
        {
            return ToolError.Referenced;
        }
        if (present.Rules.Count > 0)
        {
            return ToolError.NotEmpty;
        }
        _drafts[chain] = null;
        return Changed();
    }

    public ToolError? Rename(string chain, string name)
    {
        if (Has(name) || IsReserved(name))
        {
            return ToolError.Exists;
        }
        if (Find(chain) is not { IsBuiltIn: false } present)
        {
            return ToolError.NoEntry;
        }
        if (ByteText.Length(name) > MaxLabel)
        {
            return ToolError.Invalid;
        }
        foreach (Chain other in Build().Chains.ToList())
        {
            Redirect(other, chain, name);
        }
        _drafts[name] = new ChainDraft((Find(chain) ?? present) with { Name = name });
        _drafts[chain] = null;
        _references = null;
        return Changed();
    }

    public ToolError? SetPolicy(string chain, string policy, RuleCounters counters)
    {
        if (!IsBuiltIn(chain))
        {
            return ToolError.NoPolicyChain;
        }
        if (PolicyText.Parse(policy) is not { } parsed)
        {
            return ToolError.BadPolicy;
        }
        ChainDraft draft = Edit(chain)!;
        (draft.Policy, draft.PolicyCounters) = (parsed, counters);
        return Changed();
    }

    public ToolError? Zero(string chain)
    {
        if (!Has(chain))
        {
            return ToolError.NoEntry;
        }
        _zeroed.Add((chain, -1));
        return Changed();
    }

    /// <summary>Sets a rule's counters to zero.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="number">The rule, from 1.</param>
    public ToolError? ZeroRule(string chain, int number)
    {
        if (Find(chain) is not { } present)
        {
            return ToolError.NoEntry;
        }
        if (number > present.Rules.Count)
        {
            return ToolError.TooBig("counter");
        }
        _zeroed.Add((chain, number - 1));
        return Changed();
    }

    /// <summary>How many rules jump or go to a chain.</summary>
    public int ReferencesTo(string chain)
    {
        if (_references is null)
        {
            _references = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (Chain present in Build().Chains)
            {
                foreach (Rule rule in present.Rules)
                {
                    Count(rule, 1);
                }
            }
        }
        return _references.GetValueOrDefault(chain);
    }

    private static bool IsReserved(string name) => name is "ACCEPT" or "DROP" or "QUEUE" or "RETURN";

    private ToolError? Changed()
    {
        IsChanged = true;
        return null;
    }

    private bool RefusedTarget(Rule rule) => rule.Target is JumpTarget jump && IsBuiltIn(jump.Chain);

    private ChainDraft? Edit(string chain)
    {
        if (_drafts.TryGetValue(chain, out ChainDraft? draft))
        {
            return draft;
        }
        if (table.Find(chain) is not { } present)
        {
            return null;
        }
        return _drafts[chain] = new ChainDraft(present);
    }

    private void Remove(string chain, Chain present, int index)
    {
        Count(present.Rules[index], -1);
        Edit(chain)!.Rules = present.Rules.RemoveAt(index);
    }

    private void Count(Rule rule, int change)
    {
        if (_references is not null && rule.Target is JumpTarget jump)
        {
            _references[jump.Chain] = _references.GetValueOrDefault(jump.Chain) + change;
        }
    }

    private void Redirect(Chain chain, string from, string to)
    {
        RuleSequence rules = chain.Rules;
        bool isLive = table.Find(chain.Name)?.SharesRules(chain) == true;
        int index = 0;
        foreach (Rule rule in chain.Rules)
        {
            if (rule.Target is JumpTarget jump && jump.Chain == from)
            {
                Rule redirected = new(rule.Ip, rule.Matches, jump with { Chain = to }, rule.Origin);
                rules = rules.SetItem(
                    index, redirected, isLive ? liveCounters(chain.Name, index) : rules.CountersOf(index));
            }
            index++;
        }
        if (!rules.IsSame(chain.Rules))
        {
            Edit(chain.Name)!.Rules = rules;
        }
    }
}
