namespace Netfilter.Sim.Determinism;

/// <summary>
/// Everything that Linux leaves to chance, as questions (D8). One implementation answers with a seeded generator, one
/// with a script, one takes every branch.
/// </summary>
public interface INetfilterChance
{
    /// <summary>Asks whether 31 random bits lie below a threshold (<c>xt_statistic</c>: <c>get_random_u32() &amp; 0x7fffffff &lt; probability</c>).</summary>
    /// <param name="purpose">Who asks; each purpose draws from its own stream.</param>
    /// <param name="threshold">0 (never) to 2^31 (always).</param>
    /// <returns>True with probability <paramref name="threshold"/> / 2^31.</returns>
    bool Decide(ChancePurpose purpose, uint threshold);

    /// <summary>Draws one of <paramref name="count"/> equally likely values.</summary>
    /// <param name="purpose">Who asks; each purpose draws from its own stream.</param>
    /// <param name="count">At least 1.</param>
    /// <returns>0 to <paramref name="count"/> − 1.</returns>
    uint Choose(ChancePurpose purpose, uint count);

    /// <summary>An answerer for a forked namespace, which goes on exactly as this one would and leaves this one untouched.</summary>
    INetfilterChance Fork();
}
