namespace Netfilter.Sim.Tracing;

/// <summary>Addresses or ports that were rewritten.</summary>
/// <param name="What">What was rewritten: <c>destination</c> or <c>source</c>.</param>
/// <param name="Before">Address and port before.</param>
/// <param name="After">Address and port after.</param>
public sealed record NatStep(string What, string Before, string After) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => $"nat: {What} {Before} -> {After}";
}
