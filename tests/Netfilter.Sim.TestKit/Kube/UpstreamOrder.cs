namespace Netfilter.Sim.TestKit.Kube;

/// <summary>The order in which upstream's unit tests compare payloads, whose service ports come in no order.</summary>
/// <remarks>pkg/proxy/iptables/proxier_test.go sortIPTablesRules: chains by name with KUBE-NODEPORTS and KUBE-SERVICES
/// first, the rules of those two by service, stably.</remarks>
internal static class UpstreamOrder
{
    public static IReadOnlyList<string> Sort(IReadOnlyList<string> lines)
    {
        List<string> sorted = [];
        List<string> chains = [];
        List<string> rules = [];
        foreach (string line in lines)
        {
            switch (line[0])
            {
                case ':':
                    chains.Add(line);
                    break;
                case '-':
                    rules.Add(line);
                    break;
                case 'C':
                    sorted.AddRange(chains.OrderBy(ChainRank).ThenBy(chain => chain, StringComparer.Ordinal));
                    sorted.AddRange(rules.OrderBy(RuleRank).ThenBy(RuleChain, StringComparer.Ordinal)
                        .ThenBy(ServiceOf, StringComparer.Ordinal));
                    sorted.Add(line);
                    chains.Clear();
                    rules.Clear();
                    break;
                default:
                    sorted.Add(line);
                    break;
            }
        }
        return sorted;
    }

    private static int ChainRank(string line) => Rank(line[1..line.IndexOf(' ', StringComparison.Ordinal)]);

    private static int RuleRank(string rule) => rule.StartsWith("-X", StringComparison.Ordinal) ? 3 : Rank(RuleChain(rule));

    private static string RuleChain(string rule) => rule.Split(' ')[1];

    private static int Rank(string chain) => chain switch
    {
        "KUBE-NODEPORTS" => 0,
        "KUBE-SERVICES" => 1,
        _ => 2,
    };

    // The jump to node ports has no service and stays last.
    private static string ServiceOf(string rule)
    {
        if (Rank(RuleChain(rule)) == 2)
        {
            return "";
        }
        string[] words = rule.Split(' ');
        int comment = Array.IndexOf(words, "--comment");
        string first = comment < 0 ? "" : words[comment + 1].Trim('"');
        return first.Contains('/', StringComparison.Ordinal) ? first : "~";
    }
}
