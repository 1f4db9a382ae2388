using System.Globalization;
using System.Text.RegularExpressions;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Brings texts into the form in which they were recorded.</summary>
public static partial class KernelText
{
    private static readonly string[] TableOrder = ["raw", "mangle", "nat", "filter", "security"];

    /// <summary>The extension or option that a tool refused because the library does not have it, or null.</summary>
    public static string? MissingExtension(string? stderr) =>
        MissingName().Match(stderr ?? "") is { Success: true } match ? $"extension {match.Groups[1].Value}" : null;

    /// <summary>A number.</summary>
    public static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The names of the tables in a saved ruleset.</summary>
    public static HashSet<string> TableNames(IEnumerable<string> lines) =>
        [.. lines.Where(line => line.StartsWith('*')).Select(line => line[1..])];

    /// <summary>A saved ruleset without comments, of some tables, in the recorded order of tables.</summary>
    public static List<string> Tables(IEnumerable<string> saved, ISet<string> wanted)
    {
        Dictionary<string, List<string>> tables = [];
        List<string> current = [];
        foreach (string line in saved.Where(line => line.Length > 0 && !line.StartsWith('#')))
        {
            if (line.StartsWith('*'))
            {
                current = tables[line[1..]] = [];
            }
            current.Add(line.TrimEnd());
        }
        return [.. TableOrder.Where(name => wanted.Contains(name) && tables.ContainsKey(name)).SelectMany(name => tables[name])];
    }

    /// <summary>The lines of a command's output with what cannot repeat masked.</summary>
    public static List<string> Output(IEnumerable<string> lines, bool sorted)
    {
        List<string> masked = [.. lines.Select(Mask)];
        if (sorted)
        {
            masked.Sort(StringComparer.Ordinal);
        }
        return masked;
    }

    /// <summary>The kernel's log lines as recorded: those with the token, from the prefix on.</summary>
    public static List<string> LogLines(KernelCase @case, IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        if (@case.LogToken is null)
        {
            return [.. expected];
        }
        List<string> lines = [.. actual.Where(line => line.Contains(@case.LogToken, StringComparison.Ordinal))];
        for (int i = 0; i < lines.Count && i < expected.Count; i++)
        {
            if (expected[i].Contains("ID=*", StringComparison.Ordinal))
            {
                lines[i] = Identification().Replace(lines[i], "ID=*");
            }
        }
        return lines;
    }

    /// <summary>A line of <c>ipset save</c> without what chance decides.</summary>
    public static string SetLine(string line) => SetChance().Replace(line, "");

    private static string Mask(string line)
    {
        line = line.TrimEnd();
        line = TrailingId().Replace(line, "id=*");
        line = StartStop().Replace(line, "[$1=*]");
        line = DeltaTime().Replace(line, "delta-time=*");
        line = SecurityContext().Replace(line, "");
        line = RemainingSeconds().Replace(line, "$1* ");
        line = ExpectationSeconds().Replace(line, "*$1");
        line = XmlNumbers().Replace(line, "<$1>*");
        return line;
    }

    [GeneratedRegex(@" (initval 0x[0-9a-f]+|bucketsize \d+)")]
    private static partial Regex SetChance();

    // What the tools say of an extension that is not there, or of an option that nobody knows because its extension is not.
    [GeneratedRegex(@"(?:Couldn't load |unknown )((?:match|target|option) [`""][^'""]*['""])")]
    private static partial Regex MissingName();

    [GeneratedRegex(@"\bID=(\d+|\*)")]
    private static partial Regex Identification();

    [GeneratedRegex(@"\bid=\d+$")]
    private static partial Regex TrailingId();

    [GeneratedRegex(@"\[(start|stop)=[^]]*\]")]
    private static partial Regex StartStop();

    [GeneratedRegex(@"delta-time=\d+")]
    private static partial Regex DeltaTime();

    [GeneratedRegex(@"secctx=\S+ ?")]
    private static partial Regex SecurityContext();

    [GeneratedRegex(@"^((?:\[[A-Z]+\] +)?(?:ipv[46] +\d+ )?[a-z0-9-]+ +\d+ )\d+ ")]
    private static partial Regex RemainingSeconds();

    [GeneratedRegex(@"^\d+( proto=)")]
    private static partial Regex ExpectationSeconds();

    [GeneratedRegex(@"<(timeout|id|start|stop|deltatime)>\d+")]
    private static partial Regex XmlNumbers();
}
