using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>A case's host in the simulator: the one place where cases meet its API.</summary>
internal sealed class KernelHost(KernelCase @case)
{
    /// <summary>Loads the ipsets and the first ruleset.</summary>
    public KernelRestoreResult Load() => throw NotYet(@case);

    /// <summary>A packet comes in.</summary>
    public KernelStepExpect Receive(string device, ReadOnlySpan<byte> linkHeader, ReadOnlySpan<byte> packet) => throw NotYet(@case);

    /// <summary>A local process sends a packet by a raw socket.</summary>
    public KernelStepExpect Send(ReadOnlySpan<byte> packet, uint mark, uint uid) => throw NotYet(@case);

    /// <summary>Time passes.</summary>
    public KernelStepExpect Sleep(TimeSpan time) => throw NotYet(@case);

    /// <summary>A command line is run.</summary>
    public KernelStepExpect Command(string line, string? output) => throw NotYet(@case);

    /// <summary>A ruleset is restored.</summary>
    public KernelStepExpect Restore(IReadOnlyList<string> ruleset, bool noFlush, bool counters) => throw NotYet(@case);

    /// <summary>The state now.</summary>
    public KernelSnapshot Snapshot(IReadOnlyList<string> what) => throw NotYet(@case);

    private static NotModelledException NotYet(KernelCase @case) => new($"a host of {@case.Family}");
}
