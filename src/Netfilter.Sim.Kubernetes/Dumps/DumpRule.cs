using Netfilter.Sim.Kubernetes.KubeProxy;

namespace Netfilter.Sim.Kubernetes.Dumps;

/// <summary>A rule of a dump with what explains it.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Text">The rule as printed.</param>
/// <param name="Origin">Where it comes from; null when no manifest explains it.</param>
public sealed record DumpRule(int Line, string Table, string Chain, string Text, RuleOrigin? Origin);
