using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>The objects outside the rules that existed where the cases were recorded.</summary>
internal sealed class RecordedEnvironment : RuleEnvironment
{
    private readonly Dictionary<string, SetFacts> _sets;
    private readonly HashSet<string> _accounting;

    private RecordedEnvironment(IEnumerable<SetFacts> sets, IEnumerable<string> accounting)
    {
        _sets = sets.ToDictionary(set => set.Name, StringComparer.Ordinal);
        _accounting = new HashSet<string>(accounting, StringComparer.Ordinal);
    }

    /// <summary>The sets of the single-rule cases.</summary>
    public static RecordedEnvironment Syntax { get; } = new(SyntaxSets, []);

    /// <summary>The same with accounting objects.</summary>
    public static RecordedEnvironment SyntaxWithAccounting { get; } =
        new(SyntaxSets, ["test", "abc", "ct_state_invalid_dropped_pkts"]);

    private static SetFacts[] SyntaxSets =>
    [
        new("s4", IpFamily.IPv4, 1), new("s6", IpFamily.IPv6, 1), new("n4", IpFamily.IPv4, 1), new("n6", IpFamily.IPv6, 1),
        new("ipport", IpFamily.IPv4, 2), new("three", IpFamily.IPv4, 3, HasCounters: true),
        new("skb", IpFamily.IPv4, 1, HasSkbInfo: true), new("tmo", IpFamily.IPv4, 1), new("bm", null, 1), new("lst", null, 1),
        new("cnt", IpFamily.IPv4, 1, HasCounters: true), new("nif", IpFamily.IPv4, 2),
    ];

    /// <summary>An environment with sets and accounting objects of some names.</summary>
    /// <param name="names">Names as the index of dumps gives them; <c>nfacct:</c> before an accounting object.</param>
    /// <param name="family">The family of the sets.</param>
    public static RecordedEnvironment WithObjects(IReadOnlyCollection<string> names, IpFamily family)
    {
        const string accounting = "nfacct:";
        return new RecordedEnvironment(
            names.Where(name => !name.StartsWith(accounting, StringComparison.Ordinal)).Select(name => new SetFacts(name, family, 3)),
            names.Where(name => name.StartsWith(accounting, StringComparison.Ordinal)).Select(name => name[accounting.Length..]));
    }

    /// <inheritdoc/>
    public override SetFacts? FindSet(string name) => _sets.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override bool HasAccounting(string name) => _accounting.Contains(name);
}
