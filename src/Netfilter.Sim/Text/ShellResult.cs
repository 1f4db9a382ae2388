namespace Netfilter.Sim.Text;

/// <summary>What a command of the shell printed and how it ended.</summary>
/// <param name="Stdout">What went to standard output.</param>
/// <param name="Stderr">What went to standard error.</param>
/// <param name="ExitCode">0 for success.</param>
public sealed record ShellResult(string Stdout, string Stderr, int ExitCode);
