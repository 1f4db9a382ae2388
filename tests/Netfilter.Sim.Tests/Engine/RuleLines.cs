using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

/// <summary>Rules and tables from a small language, so that tests of the engine do not stand on the parser.</summary>
internal static class RuleLines
{
    /// <summary>
    /// A filter table of lines <c>CHAIN [s=prefix] [d=prefix] [i=if] [o=if] [p=proto] [dport=n] [f] [limit=burst] [chance=threshold] [mark=n] [state=name] [ctstate=name] [j=target] [g=chain]</c>,
    /// each condition with <c>!=</c> when inverted. A line <c>CHAIN policy DROP</c> sets a policy.
    /// </summary>
    public static Table Filter(params string[] lines) => Table(TableDefinition.Filter, IpFamily.IPv4, lines);

    public static Table Table(TableDefinition definition, IpFamily family, params string[] lines)
    {
        Dictionary<string, List<Rule>> chains = [];
        Dictionary<string, ChainPolicy> policies = [];
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            List<Rule> rules = chains.TryGetValue(words[0], out List<Rule>? known) ? known : chains[words[0]] = [];
            if (words is [_, "policy", _])
            {
                policies[words[0]] = Enum.Parse<ChainPolicy>(words[2], ignoreCase: true);
            }
            else if (words.Length > 1)
            {
                rules.Add(Rule(family, words[1..]));
            }
            else if (line.EndsWith(' '))
            {
                rules.Add(Rule(family, []));
            }
        }
        Table table = Netfilter.Sim.Rules.Table.Empty(definition);
        foreach ((string name, List<Rule> rules) in chains)
        {
            bool isBuiltIn = definition.BuiltInChains.Contains(name);
            table = table.With(new Chain(
                name, RuleSequence.Create(rules), isBuiltIn ? policies.GetValueOrDefault(name) : null));
        }
        return table;
    }

    public static Rule Rule(IpFamily family, params string[] words)
    {
        IpSpecFlags flags = IpSpecFlags.None;
        NetPrefix? source = null, destination = null;
        InterfacePattern? inInterface = null, outInterface = null;
        ushort protocol = 0;
        List<Match> matches = [];
        Target? target = null;
        foreach (string word in words)
        {
            string[] parts = word.Split('=', 2);
            bool not = parts[0].EndsWith('!');
            string value = parts.Length > 1 ? parts[1] : "";
            switch (parts[0].TrimEnd('!'))
            {
                case "s": source = NetPrefix.Parse(value); flags |= not ? IpSpecFlags.NotSource : 0; break;
                case "d": destination = NetPrefix.Parse(value); flags |= not ? IpSpecFlags.NotDestination : 0; break;
                case "i": inInterface = new InterfacePattern(value); flags |= not ? IpSpecFlags.NotInInterface : 0; break;
                case "o": outInterface = new InterfacePattern(value); flags |= not ? IpSpecFlags.NotOutInterface : 0; break;
                case "p": protocol = Protocol(value); flags |= not ? IpSpecFlags.NotProtocol : 0; break;
                case "f": flags |= IpSpecFlags.Fragment | (not ? IpSpecFlags.NotFragment : 0); break;
                case "dport": matches.Add(Port(protocol, ushort.Parse(value, CultureInfo.InvariantCulture), not)); break;
                case "limit": matches.Add(new LimitMatch(36_000_000, uint.Parse(value, CultureInfo.InvariantCulture))); break;
                case "chance": matches.Add(new StatisticMatch(0, 0, uint.Parse(value, CultureInfo.InvariantCulture), not)); break;
                case "mark": matches.Add(new MarkMatch { Mark = uint.Parse(value, CultureInfo.InvariantCulture), IsNegated = not }); break;
                case "state": matches.Add(new StateMatch { States = Enum.Parse<ConntrackStates>(value), IsNegated = not }); break;
                case "ctstate": matches.Add(new ConntrackMatch { States = new(Enum.Parse<ConntrackStates>(value), not) }); break;
                case "header": matches.Add(protocol == 6 ? new TcpMatch(PortRange.All, PortRange.All) : new UdpMatch()); break;
                case "comment": matches.Add(new CommentMatch { Comment = value }); break;
                case "m": matches.Add(new FixedMatch(Enum.Parse<MatchAnswer>(value))); break;
                case "j": target = (Target?)Verdict(value) ?? new JumpTarget(value); break;
                case "g": target = new JumpTarget(value, IsGoto: true); break;
                default: throw new FormatException($"'{word}'");
            }
        }
        return new Rule(new IpSpec(family, source, destination, inInterface, outInterface, protocol, flags), [.. matches], target);
    }

    private static Match Port(ushort protocol, ushort port, bool not)
    {
        PortRange range = new(port, port);
        return protocol == 6
            ? new TcpMatch(PortRange.All, range, Inverted: not ? TcpInversions.DestinationPorts : TcpInversions.None)
            : new UdpMatch { DestinationPorts = range, NotDestinationPorts = not };
    }

    private static ushort Protocol(string name) => name switch
    {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        _ => ushort.Parse(name, CultureInfo.InvariantCulture),
    };

    private static VerdictTarget? Verdict(string name) => name switch
    {
        "ACCEPT" => VerdictTarget.Accept,
        "DROP" => VerdictTarget.Drop,
        "RETURN" => VerdictTarget.Return,
        "QUEUE" => VerdictTarget.Queue,
        _ => null,
    };
}
