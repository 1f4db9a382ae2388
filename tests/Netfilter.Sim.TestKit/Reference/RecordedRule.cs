using System.Globalization;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Reference;

/// <summary>What a rule uses, read from the line that iptables-save wrote.</summary>
/// <param name="Packets">How many packets it has counted; 0 when the line has no counters.</param>
/// <param name="Chain">The chain it stands in.</param>
/// <param name="Matches">The names after <c>-m</c>.</param>
/// <param name="Target">The name after <c>-j</c>; null for a goto or nothing.</param>
/// <param name="NatForms">What a target of NAT asks for, each as <c>DNAT to a port</c>.</param>
public sealed record RecordedRule(
    ulong Packets, string Chain, IReadOnlyList<string> Matches, string? Target, IReadOnlyList<string> NatForms)
{
    private static readonly string[] NatTargets = ["DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP", "SNPT", "DNPT"];
    private static readonly string[] Flags = ["--random", "--random-fully", "--persistent"];

    /// <summary>Reads a line <c>[1:40] -A CHAIN …</c> or <c>-A CHAIN …</c>; null for any other.</summary>
    public static RecordedRule? Parse(string line)
    {
        int start = line.StartsWith("-A ", StringComparison.Ordinal) ? 0 : line.IndexOf("] -A ", StringComparison.Ordinal) + 2;
        if (start == 1 || (start > 0 && line[0] != '['))
        {
            return null;
        }
        ulong packets = start == 0 ? 0 : ulong.Parse(line.AsSpan(1, line.IndexOf(':', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture);
        List<string> words = WordSplitter.SplitShell(line.AsSpan(start));
        List<string> matches = [];
        string? target = null;
        for (int i = 2; i + 1 < words.Count; i++)
        {
            if (words[i] == "-m")
            {
                matches.Add(words[i + 1]);
            }
            if (words[i] == "-j")
            {
                target = words[i + 1];
            }
        }
        return new RecordedRule(packets, words[1], matches, target, [.. FormsOf(target, words)]);
    }

    private static IEnumerable<string> FormsOf(string? target, List<string> words)
    {
        if (!NatTargets.Contains(target))
        {
            yield break;
        }
        int to = words.FindIndex(word => word.StartsWith("--to", StringComparison.Ordinal));
        foreach (string form in target switch
        {
            "DNAT" or "SNAT" => RangeForms(words[to + 1]),
            "MASQUERADE" or "REDIRECT" when to >= 0 => [PortForm(words[to + 1])],
            "MASQUERADE" => ["to the interface's address"],
            "REDIRECT" => ["to this host"],
            _ => ["of a prefix"],
        })
        {
            yield return $"{target} {form}";
        }
        foreach (string flag in Flags.Where(words.Contains))
        {
            yield return $"{target} {flag}";
        }
    }

    // ADDRESS[-ADDRESS][:PORT[-PORT[/BASE]]], IPv6 addresses in brackets when there is a port.
    private static IEnumerable<string> RangeForms(string text)
    {
        bool isIPv6 = text.Count(c => c == ':') > 1;
        int ports = isIPv6 ? text.IndexOf("]:", StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        bool hasPorts = isIPv6 ? ports > 0 : ports >= 0;
        string addresses = hasPorts ? text[..ports] : text;
        if (addresses.Length > 0)
        {
            yield return addresses.Contains('-', StringComparison.Ordinal) ? "to a range of addresses" : "to an address";
        }
        if (hasPorts)
        {
            yield return PortForm(text[(ports + 1)..]);
        }
    }

    private static string PortForm(string ports) => ports.Contains('/', StringComparison.Ordinal) ? "to shifted ports"
        : ports.Contains('-', StringComparison.Ordinal) ? "to a range of ports" : "to a port";
}
