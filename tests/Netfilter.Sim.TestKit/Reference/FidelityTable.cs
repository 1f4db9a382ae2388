using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack.Helpers;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Extensions.Targets;
using Netfilter.Sim.Packets;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.TestKit.Reference;

/// <summary>The page that says of each match, target, conntrack protocol and NAT form how many recorded cases hold it to the kernel.</summary>
public sealed class FidelityTable
{
    /// <summary>The line of the page below which everything is generated.</summary>
    public const string Marker = "<!-- Generated below this line by the conformance program: -- fidelity -->";

    private const string Verified = "kernel-verified", Derived = "derived", NotModelled = "not modelled";

    private static readonly string[] BuiltInTargets = ["ACCEPT", "DROP", "QUEUE", "RETURN"];

    private static readonly (string Name, string Title, IpFamily? OnlyFamily)[] Protocols =
    [
        ("tcp", "TCP", null), ("udp", "UDP", null), ("udplite", "UDP-Lite", null), ("icmp", "ICMP", IpFamily.IPv4),
        ("icmpv6", "ICMPv6", IpFamily.IPv6), ("sctp", "SCTP", null), ("dccp", "DCCP", null), ("gre", "GRE", null),
        ("other", "all others", null),
    ];

    private static readonly (string Form, IpFamily? OnlyFamily)[] NatForms =
    [
        .. Forms("DNAT", "to an address", "to a range of addresses", "to a port", "to a range of ports", "to shifted ports", "--random", "--persistent"),
        .. Forms("SNAT", "to an address", "to a range of addresses", "to a port", "to a range of ports", "--random", "--random-fully", "--persistent"),
        .. Forms("MASQUERADE", "to the interface's address", "to a port", "to a range of ports", "--random", "--random-fully"),
        .. Forms("REDIRECT", "to this host", "to a port", "to a range of ports", "--random"),
        ("NETMAP of a prefix", null), ("SNPT of a prefix", IpFamily.IPv6), ("DNPT of a prefix", IpFamily.IPv6),
    ];

    private readonly RecordedUses _uses = RecordedUses.Read();
    private readonly StringBuilder _page = new();

    private FidelityTable()
    {
    }

    /// <summary>The page of the repository that the program was built in.</summary>
    public static string PagePath() => Path.Combine(CaseFolder.Find(), "..", "Netfilter.Sim.Conformance", "FIDELITY.md");

    /// <summary>Writes the page anew below its hand-written part.</summary>
    /// <returns>Number of rows on it.</returns>
    public static int Write()
    {
        string page = Page(File.ReadAllText(PagePath()));
        File.WriteAllText(PagePath(), page);
        return page.Split('\n').Count(line => line.StartsWith("| ", StringComparison.Ordinal));
    }

    /// <summary>What the page should be: its hand-written part as it is, and the generated part.</summary>
    public static string Page(string current)
    {
        int marker = current.IndexOf(Marker, StringComparison.Ordinal);
        return (marker < 0 ? current : current[..marker]).TrimEnd() + $"\n\n{Marker}\n" + new FidelityTable().Generated();
    }

    private string Generated()
    {
        ExtensionDeclaration[] all = [.. ExtensionRegistry.Default.All.OrderBy(extension => extension.Name, StringComparer.Ordinal)];
        Title("Matches", "Match", "Family", "Matched", "Tried", "In clusters", "Status", "Not modelled");
        foreach (MatchDeclaration match in all.OfType<MatchDeclaration>())
        {
            AppendExtension(match, $"-m {match.Name}");
        }
        Title("Targets", "Target", "Family", "Acted", "In clusters", "Status", "Not modelled");
        foreach (string name in BuiltInTargets)
        {
            AppendUse(name, $"-j {name}", null, "");
        }
        foreach (TargetDeclaration target in all.OfType<TargetDeclaration>())
        {
            AppendExtension(target, $"-j {target.Name}");
        }
        Title("NAT", "Form", "Family", "Acted", "In clusters", "Status");
        foreach ((string form, IpFamily? only) in NatForms)
        {
            AppendUse(form, form, only);
        }
        AppendProtocols();
        AppendHelpers();
        return _page.ToString();
    }

    private void AppendExtension(ExtensionDeclaration extension, string what)
    {
        foreach (IpFamily family in Enum.GetValues<IpFamily>().Where(extension.IsFor))
        {
            int counted = _uses.Counted(what, family), tried = _uses.Tried(what, family);
            bool isMatch = extension is MatchDeclaration;
            string status = IsModelled(extension, family) ? Status(counted) : NotModelled;
            Row([
                extension.Name, family.ToString(), Number(counted), .. isMatch ? [Number(tried)] : (string[])[],
                Number(_uses.InClusters(what, family)), status, extension.NotModelled ?? "",
            ]);
        }
    }

    // A use says itself that nothing of it is modelled; one that is only partly so has valid uses that are.
    private static bool IsModelled(ExtensionDeclaration extension, IpFamily family)
    {
        (string table, _, List<string> words) = ExtensionSamples.Rule(extension, new SeededSampleSource(1, family));
        int options = words.LastIndexOf(extension.Name) + 1;
        RuleFacts facts = new(family, table, extension.RequiredProtocol ?? IpProtocols.Tcp);
        string? reason = extension is MatchDeclaration match
            ? ExtensionReader.ReadMatch(match, words.ToArray().AsSpan(options), facts, RuleEnvironment.Permissive).NotModelled
            : ExtensionReader.ReadTarget((TargetDeclaration)extension, words.ToArray().AsSpan(options), facts, RuleEnvironment.Permissive).NotModelled;
        return reason is null;
    }

    private void AppendUse(string name, string what, IpFamily? only, params string[] rest)
    {
        foreach (IpFamily family in Enum.GetValues<IpFamily>().Where(family => only is null || only == family))
        {
            int counted = _uses.Counted(what, family);
            Row([name, family.ToString(), Number(counted), Number(_uses.InClusters(what, family)), Status(counted), .. rest]);
        }
    }

    private void AppendProtocols()
    {
        Title("Connection tracking", "Protocol", "Family", "Listed", "Source translated", "Destination translated", "Status", "States seen");
        foreach ((string name, string title, IpFamily? only) in Protocols)
        {
            foreach (IpFamily family in Enum.GetValues<IpFamily>().Where(family => only is null || only == family))
            {
                int listed = _uses.Listed(name, family);
                Row([
                    title, family.ToString(), Number(listed), Number(_uses.Listed($"{name} SRC_NAT", family)),
                    Number(_uses.Listed($"{name} DST_NAT", family)), Status(listed),
                    string.Join(", ", _uses.States(name, family)),
                ]);
            }
        }
    }

    private void AppendHelpers()
    {
        Title("Helpers", "Helper", "Family", "Listed", "Status");
        foreach ((string name, bool isForIPv6) in CtTarget.Helpers)
        {
            bool isModelled = ConnectionHelpers.Find(name) is not null;
            foreach (IpFamily family in Enum.GetValues<IpFamily>().Where(family => isForIPv6 || family == IpFamily.IPv4))
            {
                int listed = _uses.Listed($"helper={name}", family);
                Row([name, family.ToString(), Number(listed), isModelled ? Status(listed) : NotModelled]);
            }
        }
    }

    private static IEnumerable<(string Form, IpFamily? OnlyFamily)> Forms(string target, params string[] forms) =>
        forms.Select(form => ($"{target} {form}", (IpFamily?)null));

    private static string Status(int cases) => cases > 0 ? Verified : Derived;

    private static string Number(int cases) => cases.ToString(CultureInfo.InvariantCulture);

    private void Title(string title, params string[] columns)
    {
        _page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
        Row(columns);
        Row([.. columns.Select(_ => "---")]);
    }

    private void Row(IEnumerable<string> cells) => _page.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
