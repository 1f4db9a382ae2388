namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>Why a case failed.</summary>
/// <param name="Cause">A few words that are equal for failures of one sort, for counting.</param>
/// <param name="Reason">The first difference, as a person reads it; may have several lines.</param>
public sealed record CaseFailure(string Cause, string Reason)
{
    /// <summary>A failure whose cause is the beginning of its reason, numbers left out.</summary>
    public CaseFailure(string reason)
        : this(CauseOf(reason), reason)
    {
    }

    private static string CauseOf(string reason)
    {
        int end = reason.IndexOf('\n', StringComparison.Ordinal);
        string line = end < 0 ? reason : reason[..end];
        string masked = string.Concat(line.Select(c => char.IsAsciiDigit(c) ? '#' : c));
        while (masked.Contains("##", StringComparison.Ordinal))
        {
            masked = masked.Replace("##", "#", StringComparison.Ordinal);
        }
        return masked.Length <= 80 ? masked : masked[..80];
    }
}
