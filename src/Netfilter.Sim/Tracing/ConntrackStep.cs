namespace Netfilter.Sim.Tracing;

/// <summary>What connection tracking made of a packet.</summary>
/// <param name="State">NEW, ESTABLISHED, RELATED, INVALID or UNTRACKED.</param>
/// <param name="Entry">The entry as <c>conntrack -L</c> shows it; null when there is none.</param>
public sealed record ConntrackStep(string State, string? Entry) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => Entry is null ? $"conntrack: {State}" : $"conntrack: {State}, {Entry}";
}
