namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>One check of a diagnosis.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="IsFine">Whether the answer is the right one.</param>
/// <param name="Answer">What was found.</param>
public sealed record DiagnosisCheck(string Question, bool IsFine, string Answer)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(IsFine ? "ok  " : "FAIL")} {Question} {Answer}";
}
