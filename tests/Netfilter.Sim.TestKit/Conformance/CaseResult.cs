namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>What became of a case.</summary>
/// <param name="Family">Its family.</param>
/// <param name="Detail">Its finer family.</param>
/// <param name="Name">Its name.</param>
/// <param name="Failure">Null when it passed.</param>
public sealed record CaseResult(string Family, string Detail, string Name, CaseFailure? Failure);
