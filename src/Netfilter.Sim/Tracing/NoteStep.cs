namespace Netfilter.Sim.Tracing;

/// <summary>Something else worth telling: a check of the IP layer, a time to live, a fragment.</summary>
/// <param name="Note">In words.</param>
public sealed record NoteStep(string Note) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => Note;
}
