using Netfilter.Sim.TestKit.Cluster;
using Netfilter.Sim.TestKit.Kernel;
using Netfilter.Sim.TestKit.Kube;
using Netfilter.Sim.TestKit.Syntax;

namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>The kinds of cases that the program knows, in the order it prints them.</summary>
public static class CaseKinds
{
    /// <summary>All kinds; one that is not built yet reads its cases and fails each.</summary>
    public static IReadOnlyList<ICaseKind> All { get; } =
    [
        new KernelKind(),
        new SyntaxKind(),
        new CliKind(),
        new CorpusKind(),
        new KubeKind(),
        new ClusterKind(),
    ];
}
