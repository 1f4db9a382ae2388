using System.Globalization;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// The lines of packets that TRACE marked (<c>ip_tables.c trace_packet</c>, <c>get_chainname_rulenum</c>): a verdict without
/// conditions is called the end of its chain, <c>policy</c> or <c>return</c>, even when it is a rule that somebody wrote.
/// </summary>
internal static class TraceLines
{
    public static void Rule(WalkContext walk, PacketBuffer packet, string table, Chain chain, int index, bool endsChain) =>
        Write(walk, packet, table, chain, endsChain ? EndOf(chain) : "rule", index + 1);

    public static void End(WalkContext walk, PacketBuffer packet, string table, Chain chain) =>
        Write(walk, packet, table, chain, EndOf(chain), chain.Rules.Count + 1);

    private static string EndOf(Chain chain) => chain.IsBuiltIn ? "policy" : "return";

    private static void Write(WalkContext walk, PacketBuffer packet, string table, Chain chain, string what, int number) =>
        walk.Sink.OnTrace(string.Create(CultureInfo.InvariantCulture, $"{table}:{chain.Name}:{what}:{number}"), packet);
}
