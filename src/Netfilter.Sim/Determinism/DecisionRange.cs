namespace Netfilter.Sim.Determinism;

/// <summary>The numbers behind a decision: 31 random bits are compared with a threshold.</summary>
internal static class DecisionRange
{
    /// <summary>Number of random bits.</summary>
    public const int Bits = 31;

    /// <summary>The threshold that always says yes: 2^31.</summary>
    public const uint One = 1u << Bits;
}
