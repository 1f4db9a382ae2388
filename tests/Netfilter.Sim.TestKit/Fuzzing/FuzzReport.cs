namespace Netfilter.Sim.TestKit.Fuzzing;

/// <summary>What a run found.</summary>
/// <param name="Commands">Number of command lines run.</param>
/// <param name="Dumps">Number of dumps read.</param>
/// <param name="Packets">Number of packets walked.</param>
/// <param name="Accepted">Number of inputs that were taken as valid.</param>
/// <param name="Failures">Inputs that ended otherwise than documented, by the seed that makes them again.</param>
/// <param name="MicrosecondsPerCharacter">How long the slowest of the longer dumps took to read.</param>
public sealed record FuzzReport(
    int Commands, int Dumps, int Packets, int Accepted, IReadOnlyList<(ulong Seed, string What)> Failures,
    double MicrosecondsPerCharacter)
{
    /// <summary>Number of inputs.</summary>
    public int Total => Commands + Dumps + Packets;
}
