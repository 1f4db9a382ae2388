namespace Netfilter.Sim.Determinism;

/// <summary>The kernel's clock tick, at the rate the kernel is recorded with: state kept in ticks has that grain (D9).</summary>
internal static class Jiffies
{
    /// <summary>Ticks a second (<c>CONFIG_HZ</c>).</summary>
    public const int Hz = 250;

    private const long NanosecondsPerTick = 1_000_000_000 / Hz;

    /// <summary>The tick that a moment lies in.</summary>
    /// <param name="nanoseconds">Nanoseconds since 1970 by the namespace's clock.</param>
    public static long Of(long nanoseconds) => nanoseconds / NanosecondsPerTick;
}
