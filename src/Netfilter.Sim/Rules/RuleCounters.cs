namespace Netfilter.Sim.Rules;

/// <summary>How often a rule or policy was met (<c>struct xt_counters</c>).</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Bytes of those packets, IP headers included.</param>
public readonly record struct RuleCounters(ulong Packets, ulong Bytes)
{
    /// <summary>As iptables-save writes it: <c>[packets:bytes]</c>.</summary>
    public override string ToString() => $"[{Packets}:{Bytes}]";
}
