using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>What is wrong with a Service, after the order of Kubernetes' Debug Services guide.</summary>
/// <param name="Service">The Service's name.</param>
/// <param name="Checks">What was checked, in order; nothing is checked after what everything else needs.</param>
public sealed record ServiceDiagnosis(string Service, ValueList<DiagnosisCheck> Checks)
{
    /// <summary>The first thing that is wrong; null when all is fine.</summary>
    public DiagnosisCheck? FirstProblem => Checks.AsEnumerable().FirstOrDefault(check => !check.IsFine);

    /// <summary>A line a check.</summary>
    public override string ToString() => $"{Service}\n{string.Join('\n', Checks.AsEnumerable().Select(check => "  " + check))}\n";
}
