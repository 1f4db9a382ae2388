using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>The objects outside the rules that existed where the cases were recorded, besides sets.</summary>
/// <param name="accounting">Names of accounting objects.</param>
internal sealed class RecordedEnvironment(IEnumerable<string> accounting) : RuleEnvironment
{
    /// <summary>The sets of the single-rule cases, as <c>ipset restore</c> reads them.</summary>
    public const string SyntaxSets = """
        create s4 hash:ip family inet
        create s6 hash:ip family inet6
        create n4 hash:net family inet
        create n6 hash:net family inet6
        create ipport hash:ip,port family inet
        create three hash:ip,port,net family inet counters
        create skb hash:ip family inet skbinfo
        create tmo hash:ip family inet timeout 300
        create bm bitmap:port range 0-65535
        create lst list:set
        create cnt hash:ip family inet counters
        create nif hash:net,iface family inet

        """;

    private readonly HashSet<string> _accounting = new(accounting, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool HasAccounting(string name) => _accounting.Contains(name);
}
