namespace Netfilter.Sim.Rules;

/// <summary>
/// Where a rule comes from (D14): shown by traces, diffs and reports, without part in equality or printing. Derive from
/// it to say more, as the Kubernetes layer does.
/// </summary>
public abstract record RuleOrigin;

/// <summary>A line of a text.</summary>
/// <param name="File">The text's name; empty when it has none.</param>
/// <param name="Line">1 for the first line.</param>
public sealed record TextOrigin(string File, int Line) : RuleOrigin
{
    /// <inheritdoc/>
    public override string ToString() => File.Length == 0 ? $"line {Line}" : $"{File}:{Line}";
}
