using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>What one run of a tool knows: its name, family, extensions, names, and where it writes.</summary>
internal sealed class ToolContext(
    string program, IpFamily family, ExtensionRegistry registry, RuleEnvironment environment, bool isRestoring = false)
{
    /// <summary>The program's name as messages give it.</summary>
    public string Program { get; } = program;

    public IpFamily Family { get; } = family;

    public ExtensionRegistry Registry { get; } = registry;

    public RuleEnvironment Environment { get; } = environment;

    /// <summary>Whether lines of a dump are read.</summary>
    public bool IsRestoring { get; } = isRestoring;

    /// <summary>Index of the word that the error under way is about, among those given to the parser; −1 when not known.</summary>
    public int ErrorWord { get; set; } = -1;

    public StringBuilder Stdout { get; } = new();

    public StringBuilder Stderr { get; } = new();

    /// <summary>Puts out what was printed, and what there was to say meanwhile.</summary>
    public void Print(OptionWriter writer)
    {
        Stdout.Append(writer.Written);
        Stderr.Append(writer.Warnings);
    }

    /// <summary>The name under which the tool keeps verdicts and jumps; the kernel knows no target of that name.</summary>
    public const string StandardTarget = "standard";

    /// <summary>Whether a name belongs to a target, so that no chain may have it. The empty name counts as one.</summary>
    public bool IsTargetName(string name) =>
        name is "" or StandardTarget or "ACCEPT" or "DROP" or "QUEUE" or "RETURN" || Registry.FindTarget(name, Family) is not null;
}

/// <summary>The tool prints something and ends.</summary>
internal sealed class ToolExitException(int exitCode, string stdout) : Exception
{
    public int ExitCode { get; } = exitCode;

    public string Stdout { get; } = stdout;
}
