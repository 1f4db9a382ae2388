using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Reference;

/// <summary>The reference page of all extensions, from their declarations.</summary>
public static class ExtensionReference
{
    /// <summary>The line of the page below which everything is generated.</summary>
    public const string Marker = "<!-- Generated below this line by the conformance program: -- reference -->";

    /// <summary>The page of the repository that the program was built in.</summary>
    public static string PagePath() =>
        Path.Combine(CaseFolder.Find(), "..", "..", "src", "Netfilter.Sim", "Extensions", "README.md");

    /// <summary>Writes the page anew below its hand-written part.</summary>
    /// <returns>Number of extensions on it.</returns>
    public static int Write()
    {
        string path = PagePath();
        File.WriteAllText(path, Page(File.ReadAllText(path)));
        return ExtensionRegistry.Default.All.Length;
    }

    /// <summary>What the page should be: its hand-written part as it is, and the generated part.</summary>
    public static string Page(string current)
    {
        int marker = current.IndexOf(Marker, StringComparison.Ordinal);
        return (marker < 0 ? current : current[..marker]).TrimEnd() + $"\n\n{Marker}\n\n{Generated()}";
    }

    private static string Generated()
    {
        StringBuilder page = new();
        List<ExtensionDeclaration> all = [.. ExtensionRegistry.Default.All
            .OrderBy(extension => extension is TargetDeclaration)
            .ThenBy(extension => extension.Name, StringComparer.Ordinal)
            .ThenBy(extension => extension.OnlyFamily is IpFamily.IPv6)];
        page.Append("# Reference\n\n| Extension | Kind | Families | Tables | Hooks | Protocol |\n|---|---|---|---|---|---|\n");
        foreach (ExtensionDeclaration extension in all)
        {
            page.Append('|');
            foreach (string cell in (string[])[
                extension.Name, Kind(extension), Families(extension), extension.OnlyTable ?? "all", HookNames(extension.Hooks),
                ProtocolName(extension.RequiredProtocol)])
            {
                page.Append(' ').Append(cell).Append(" |");
            }
            page.Append('\n');
        }
        all.ForEach(extension => AppendSection(page, extension));
        return page.ToString();
    }

    private static void AppendSection(StringBuilder page, ExtensionDeclaration extension)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {extension.Name} ({Kind(extension)}, {Families(extension)})\n\n");
        page.Append(CultureInfo.InvariantCulture, $"{Escaped(extension.Summary)}\n\nSource: {Escaped(extension.Source)}\n");
        if (!extension.InKernel)
        {
            page.Append("\nThe modelled kernel does not have it: a rule with it is refused.\n");
        }
        else if (extension.NotModelled is not null)
        {
            page.Append(CultureInfo.InvariantCulture, $"\nNot modelled: {Escaped(extension.NotModelled)}.\n");
        }
        if (extension.Options.IsEmpty)
        {
            return;
        }
        page.Append("\n| Option | Value | Range | `!` | Required | Meaning |\n|---|---|---|---|---|---|\n");
        foreach (OptionSpec option in extension.Options)
        {
            string names = string.Join(", ", option.Aliases.Prepend(option.Name).Select(name => $"`--{name}`"));
            string value = option.Kind == OptionKind.None ? "" : $"`{option.ValueName.Replace("|", "\\|", StringComparison.Ordinal)}`";
            page.Append(CultureInfo.InvariantCulture, $"| {names} | {value} | {Range(option)} | {Mark(option.Invertible)} ");
            page.Append(CultureInfo.InvariantCulture, $"| {Mark(option.Required)} | {Escaped(option.Help)} |\n");
        }
    }

    private static string Kind(ExtensionDeclaration extension) => extension is MatchDeclaration ? "match" : "target";

    private static string Families(ExtensionDeclaration extension) => extension.OnlyFamily switch
    {
        IpFamily.IPv4 => "IPv4",
        IpFamily.IPv6 => "IPv6",
        _ => "both",
    };

    private static string HookNames(Hooks hooks)
    {
        if (hooks == Hooks.All)
        {
            return "all";
        }
        (Hooks Hook, string Name)[] names =
        [
            (Hooks.PreRouting, "PREROUTING"), (Hooks.LocalIn, "INPUT"), (Hooks.Forward, "FORWARD"),
            (Hooks.LocalOut, "OUTPUT"), (Hooks.PostRouting, "POSTROUTING"),
        ];
        return string.Join(", ", names.Where(name => hooks.HasFlag(name.Hook)).Select(name => name.Name));
    }

    private static string ProtocolName(byte? protocol) => protocol switch
    {
        null => "any",
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        50 => "esp",
        51 => "ah",
        58 => "icmpv6",
        108 => "ipcomp",
        132 => "sctp",
        135 => "mobility header",
        136 => "udplite",
        { } other => other.ToString(CultureInfo.InvariantCulture),
    };

    private static string Range(OptionSpec option)
    {
        List<string> limits = [];
        if (option.Min > 0 || option.Max > 0)
        {
            string most = option.Max > 0 ? option.Max.ToString(CultureInfo.InvariantCulture) : "";
            limits.Add($"{option.Min}–{most}");
        }
        if (option.MaxBytes > 0)
        {
            limits.Add($"at most {option.MaxBytes} bytes");
        }
        if (option.KeptBytes > 0)
        {
            limits.Add($"{option.KeptBytes} bytes kept");
        }
        return string.Join(", ", limits);
    }

    private static string Mark(bool isSet) => isSet ? "yes" : "";

    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal);
}
