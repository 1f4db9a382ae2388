namespace Netfilter.Sim.Tracing;

/// <summary>A decision of the routing layer.</summary>
/// <param name="Decision">In words, for example <c>192.168.1.7 via 10.0.0.1 dev eth0</c>.</param>
public sealed record RouteStep(string Decision) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => $"route: {Decision}";
}
