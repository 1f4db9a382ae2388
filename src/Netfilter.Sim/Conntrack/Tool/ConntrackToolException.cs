namespace Netfilter.Sim.Conntrack.Tool;

/// <summary>A command line that the conntrack tool refuses, with its words.</summary>
internal sealed class ConntrackToolException(string message, bool isUsage) : Exception(message)
{
    /// <summary>Whether the command line is wrong (exit code 2) and not its outcome (exit code 1).</summary>
    public bool IsUsage { get; } = isUsage;

    public static ConntrackToolException Usage(string message) => new(message, isUsage: true);

    public static ConntrackToolException Failed(string message) => new($"Operation failed: {message}", isUsage: false);
}
