using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack.Tool;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Sets;

namespace Netfilter.Sim.Text;

/// <summary>
/// Runs command lines of iptables, ip6tables, their save and restore, and ipset against a namespace, and gives what the programs
/// (1.8.9, legacy back-end) would print and how they would end.
/// </summary>
public sealed class IptablesShell
{
    private readonly NetworkNamespace _host;
    private readonly ExtensionRegistry _registry;
    private readonly NamespaceEnvironment _environment;

    /// <summary>Makes a shell.</summary>
    /// <param name="host">The namespace that the commands change.</param>
    /// <param name="registry">The extensions; null for the library's.</param>
    /// <param name="environment">Names and objects outside the rules; null for the default.</param>
    public IptablesShell(NetworkNamespace host, ExtensionRegistry? registry = null, RuleEnvironment? environment = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        _host = host;
        _registry = registry ?? ExtensionRegistry.Default;
        _environment = new NamespaceEnvironment(host, environment ?? RuleEnvironment.Default);
    }

    /// <summary>Runs a command line, split into words as a shell does.</summary>
    /// <param name="commandLine">For example <c>iptables -t nat -A PREROUTING -p tcp -j ACCEPT</c>.</param>
    /// <param name="input">Standard input, for iptables-restore.</param>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public ShellResult Execute(string commandLine, string input = "") =>
        Execute(WordSplitter.SplitShell(commandLine), input);

    /// <summary>Runs a command given as words.</summary>
    /// <param name="words">The program's name and its arguments.</param>
    /// <param name="input">Standard input, for iptables-restore.</param>
    public ShellResult Execute(IReadOnlyList<string> words, string input = "")
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(input);
        if (words.Count == 0)
        {
            return new ShellResult("", "", 0);
        }
        string name = words[0][(words[0].LastIndexOf('/') + 1)..];
        string program = name.Replace("-legacy", "", StringComparison.Ordinal).Replace("-nft", "", StringComparison.Ordinal);
        string[] arguments = [.. words.Skip(1)];
        IpFamily family = program.StartsWith("ip6", StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        return program switch
        {
            "iptables" or "ip6tables" => Run(program, family, false, (tool, tables, _) => IptablesTool.Run(arguments, tool, tables)),
            "iptables-save" or "ip6tables-save" => Run(
                program, family, false, (tool, tables, _) => SaveTool.Run(arguments, tool, tables, _host.Clock.GetUtcNow())),
            "iptables-restore" or "ip6tables-restore" => Run(
                program, family, true, (tool, tables, atLine) => RestoreTool.Run(arguments, input, tool, tables, atLine)),
            "ipset" => RunIpSet(arguments, input),
            "conntrack" => RunConntrack(arguments),
            _ => new ShellResult("", $"{name}: command not found\n", 127),
        };
    }

    private ShellResult RunConntrack(string[] arguments)
    {
        (string output, string errors, int exit) = new ConntrackCommand(_host).Run(arguments);
        return new ShellResult(output, errors, exit);
    }

    private ShellResult RunIpSet(string[] arguments, string input)
    {
        long now = (_host.Clock.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
        (string output, string errors, int exit) = new IpSetCommand(_host.States, now).Run(arguments, input);
        return new ShellResult(output, errors, exit);
    }

    private ShellResult Run(
        string program, IpFamily family, bool isRestoring, Func<ToolContext, RulesetAccess, Action<int>, int> action)
    {
        ToolContext tool = new(program, family, _registry, _environment, isRestoring);
        int line = isRestoring ? 0 : -1;
        int exit;
        try
        {
            exit = action(tool, new RulesetAccess(_host, family, _environment), number => line = number);
        }
        catch (ToolExitException ended)
        {
            tool.Stdout.Append(ended.Stdout);
            exit = ended.ExitCode;
        }
        catch (IptablesException error)
        {
            AppendError(tool, error, line);
            exit = (int)error.Exit;
        }
        return new ShellResult(tool.Stdout.ToString(), tool.Stderr.ToString(), exit);
    }

    // xtables_error, exit_tryhelp
    private static void AppendError(ToolContext tool, IptablesException error, int line)
    {
        bool isUsage = error.Exit == IptablesExit.ParameterProblem;
        if (error.IsBare)
        {
            tool.Stderr.Append(error.Message).Append(isUsage && error.Message.Length > 0 ? "\n" : "");
        }
        else
        {
            tool.Stderr.Append(CultureInfo.InvariantCulture, $"{tool.Program} v1.8.9 (legacy): {error.Message}\n");
        }
        if (isUsage)
        {
            if (line >= 0)
            {
                tool.Stderr.Append(CultureInfo.InvariantCulture, $"Error occurred at line: {line}\n");
            }
            tool.Stderr.Append(CultureInfo.InvariantCulture, $"Try `{tool.Program} -h' or '{tool.Program} --help' for more information.\n");
        }
        else if (error.Exit == IptablesExit.VersionProblem)
        {
            tool.Stderr.Append($"Perhaps {tool.Program} or your kernel needs to be upgraded.\n");
        }
    }
}
