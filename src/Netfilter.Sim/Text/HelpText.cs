using System.Text;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>The help of the tool and of extensions, made from the declarations.</summary>
internal static class HelpText
{
    private const string Base = """
        Commands (one of them):
          -A, --append CHAIN RULE            add a rule at the end
          -C, --check CHAIN RULE             tell whether a rule is there
          -D, --delete CHAIN RULE|NUMBER     remove a rule
          -I, --insert CHAIN [NUMBER] RULE   put a rule in, at the front by default
          -R, --replace CHAIN NUMBER RULE    put a rule in place of another
          -L, --list [CHAIN [NUMBER]]        show rules as a table
          -S, --list-rules [CHAIN [NUMBER]]  show rules as commands
          -F, --flush [CHAIN]                remove all rules
          -Z, --zero [CHAIN [NUMBER]]        set counters to zero
          -N, --new-chain CHAIN              make a chain
          -X, --delete-chain [CHAIN]         remove an empty chain
          -E, --rename-chain OLD NEW         rename a chain
          -P, --policy CHAIN ACCEPT|DROP     set a built-in chain's policy
        A rule:
          [!] -p, --protocol PROTOCOL
          [!] -s, --source, --src ADDRESS[/MASK][,...]
          [!] -d, --destination, --dst ADDRESS[/MASK][,...]
          [!] -i, --in-interface NAME[+]
          [!] -o, --out-interface NAME[+]
          -m, --match MATCH, -j, --jump TARGET|CHAIN, -g, --goto CHAIN
          -c, --set-counters PACKETS BYTES
        Others:
          -t, --table TABLE   -n, --numeric   -v, --verbose   -x, --exact   --line-numbers
          -w, --wait [SECONDS]   -4, --ipv4   -6, --ipv6   -V, --version   -h, --help

        """;

    /// <summary>The help of a tool with the extensions loaded so far.</summary>
    public static string Of(ToolContext tool, ParsedCommand command)
    {
        StringBuilder text = new($"{tool.Program} v1.8.9 (legacy)\n\n{Base}");
        if (command.Target is { } target)
        {
            Append(text, target.Extension);
        }
        foreach (MatchUse use in command.Matches)
        {
            Append(text, use.Session.Extension);
        }
        return text.ToString();
    }

    /// <summary>The help of one extension.</summary>
    public static void Append(StringBuilder text, ExtensionDeclaration extension)
    {
        text.Append('\n').Append(extension.Name).Append(extension is MatchDeclaration ? " match: " : " target: ")
            .Append(extension.Summary).Append('\n');
        foreach (OptionSpec option in extension.Options)
        {
            string names = string.Join(", ", option.Aliases.Insert(0, option.Name).Select(name => $"--{name}"));
            string value = option.Kind == OptionKind.None ? "" : $" {option.ValueName}";
            text.Append(option.Invertible ? "  [!] " : "  ").Append(names).Append(value).Append("  ").Append(option.Help).Append('\n');
        }
    }
}
