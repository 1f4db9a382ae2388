using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Sets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions;

/// <summary>A set and the directions in which a rule looks at a packet (<c>struct xt_set_info</c>).</summary>
/// <param name="Name">The set's name.</param>
/// <param name="Dimensions">How many directions.</param>
/// <param name="Sources">Bit i is set when direction i is <c>src</c>.</param>
public sealed record SetReference(string Name, int Dimensions, uint Sources)
{
    private const int MostDimensions = 6;
    private const int MostNameBytes = 31;

    internal StateKey Key => new(IpSetKernel.StateKind, Name);

    internal SetMatchOptions Options => new(Dimensions, Sources);

    /// <summary>The set is there before the rule is: loading the rule only holds it.</summary>
    internal StateDeclaration State => new(() => throw new InvalidOperationException($"There is no set {Name}."), Key);

    /// <summary><c>src,dst</c>.</summary>
    public string Directions =>
        string.Join(',', Enumerable.Range(0, Dimensions).Select(i => (Sources >> i & 1) != 0 ? "src" : "dst"));

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Directions}";

    /// <summary>Reads the two words after an option that names a set (<c>parse_dirs</c>, <c>get_set_byname</c>).</summary>
    internal static SetReference Read(OptionCall call)
    {
        string name = call.Argument;
        string option = call.Option.Name == "set" ? "match-set" : call.Option.Name;
        if (call.Values.HasAny(option, call.Option.Name))
        {
            throw OptionCall.Error($"--{option} can be specified only once");
        }
        if (call.Peek() is not { } directions || directions.StartsWith('-') || directions.StartsWith('!'))
        {
            throw OptionCall.Error($"--{option} requires two args.");
        }
        if (Encoding.UTF8.GetByteCount(name) > MostNameBytes)
        {
            throw OptionCall.Error($"setname `{name}' too long, max {MostNameBytes} characters.");
        }
        call.Take();
        SetFacts set = call.Environment.FindSet(name) ?? throw OptionCall.Error($"Set {name} doesn't exist.\n");
        if (set.Family is { } family && family != call.Rule.Family)
        {
            throw OptionCall.Error($"The protocol family of set {name} is {family}, which is not applicable.\n");
        }
        return ReadDirections(name, directions);
    }

    private static SetReference ReadDirections(string name, string text)
    {
        uint sources = 0;
        int count = 0;
        foreach (string word in text.Split(','))
        {
            if (count == MostDimensions)
            {
                throw OptionCall.Error($"Can't be more src/dst options than {MostDimensions}.");
            }
            bool isSource = word.StartsWith("src", StringComparison.Ordinal);
            if (!isSource && !word.StartsWith("dst", StringComparison.Ordinal))
            {
                throw OptionCall.Error("You must spefify (the comma separated list of) 'src' or 'dst'.");
            }
            sources |= isSource ? 1u << count : 0;
            count++;
        }
        return new SetReference(name, count, sources);
    }

    /// <summary>What tools know of the sets of a namespace.</summary>
    internal static SetFacts? FactsOf(RuleStateStore states, string name)
    {
        int slot = states.Find(new StateKey(IpSetKernel.StateKind, name));
        if (slot < 0)
        {
            return null;
        }
        IpSetHeader header = ((IpSet)states.Read(slot)).Header;
        IpFamily? family = header.Type.IsList || header.Type.Fields[0] == SetField.Port ? null : header.Family;
        return new SetFacts(name, family, header.Type.Dimension, header.HasCounters, header.HasSkbInfo);
    }
}
