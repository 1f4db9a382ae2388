using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

/// <summary>
/// Walks a table by reading the rules as they are, chain by chain, with recursion: what the compiled walk is held equal to.
/// </summary>
/// <param name="table">The table.</param>
/// <param name="walk">What matches may ask, chance for one.</param>
internal sealed class NaiveWalker(Table table, WalkContext walk)
{
    private readonly Dictionary<(string Chain, int Index), RuleCounters> _counters = [];

    /// <summary>Chain, rule number and outcome of every rule tried.</summary>
    public List<string> Tried { get; } = [];

    public RuleCounters CountersOf(string chain, int index) => _counters.GetValueOrDefault((chain, index));

    public Verdict Walk(Hook hook, PacketBuffer packet)
    {
        Chain chain = table.Find(TableDefinition.ChainOf(hook))!;
        if (WalkChain(chain, packet) is Verdict verdict)
        {
            return verdict;
        }
        Count(chain, chain.Rules.Count, packet);
        return chain.Policy == ChainPolicy.Accept ? Verdict.Accept : Verdict.Drop;
    }

    // Null: back to the caller.
    private Verdict? WalkChain(Chain chain, PacketBuffer packet)
    {
        for (int i = 0; i < chain.Rules.Count; i++)
        {
            Rule rule = chain.Rules[i];
            MatchAnswer answer = Base(rule.Ip, packet);
            answer = answer == MatchAnswer.Yes ? Matches(rule, packet) : answer;
            Tried.Add(string.Create(CultureInfo.InvariantCulture, $"{chain.Name}:{i + 1}:{answer}"));
            if (answer == MatchAnswer.HotDrop)
            {
                return Verdict.Drop;
            }
            if (answer == MatchAnswer.No)
            {
                continue;
            }
            Count(chain, i, packet);
            switch (rule.Target)
            {
                case null:
                    continue;
                case VerdictTarget verdict when verdict.Verdict == TargetVerdict.Return:
                    return null;
                case VerdictTarget verdict:
                    return verdict.Verdict == TargetVerdict.Accept ? Verdict.Accept : Verdict.Drop;
                case JumpTarget jump:
                    Verdict? result = WalkChain(table.Find(jump.Chain)!, packet);
                    if (result is not null || jump.IsGoto)
                    {
                        return result;
                    }
                    continue;
            }
        }
        return null;
    }

    private MatchAnswer Matches(Rule rule, PacketBuffer packet)
    {
        foreach (Match match in rule.Matches)
        {
            MatchAnswer answer = match.Evaluate(new MatchContext(packet, Hook.Forward, walk, -1)).Answer;
            if (answer != MatchAnswer.Yes)
            {
                return answer;
            }
        }
        return MatchAnswer.Yes;
    }

    // In IPv6 the protocol stands behind the extension headers: a rule that asks for it drops a packet that has it nowhere.
    private static MatchAnswer Base(IpSpec ip, PacketBuffer packet)
    {
        bool fits = ip.Source.Contains(packet.Source) != ip.Has(IpSpecFlags.NotSource)
            && ip.Destination.Contains(packet.Destination) != ip.Has(IpSpecFlags.NotDestination)
            && (ip.InInterface?.Matches(packet.InDevice?.Name ?? "") ?? true) != ip.Has(IpSpecFlags.NotInInterface)
            && (ip.OutInterface?.Matches(packet.OutDevice?.Name ?? "") ?? true) != ip.Has(IpSpecFlags.NotOutInterface);
        if (fits && ip.Protocol != 0 && ip.Family == IpFamily.IPv6 && !packet.HasTransport)
        {
            return MatchAnswer.HotDrop;
        }
        fits = fits && (ip.Protocol == 0 || (ip.Protocol == packet.Protocol) != ip.Has(IpSpecFlags.NotProtocol))
            && (!ip.Has(IpSpecFlags.Fragment) || (packet.FragmentOffset != 0) != ip.Has(IpSpecFlags.NotFragment));
        return fits ? MatchAnswer.Yes : MatchAnswer.No;
    }

    private void Count(Chain chain, int index, PacketBuffer packet)
    {
        RuleCounters known = CountersOf(chain.Name, index);
        _counters[(chain.Name, index)] = new RuleCounters(known.Packets + 1, known.Bytes + (ulong)packet.Length);
    }
}
