namespace Netfilter.Sim.State;

/// <summary>
/// What a match or target remembers between packets: the bucket of a <c>limit</c>, a <c>recent</c> list, the rest of a
/// <c>quota</c>. Kept by the namespace, never by the rule; a fork takes a copy the first time either side writes.
/// </summary>
public abstract class RuleState
{
    /// <summary>Makes a copy that shares nothing that can change.</summary>
    public abstract RuleState Clone();

    /// <summary>The rule or object that it belongs to comes into being.</summary>
    /// <param name="nowNanoseconds">Nanoseconds since 1970 by the namespace's clock.</param>
    internal virtual void Begin(long nowNanoseconds)
    {
    }
}
