using System.Text.Json;
using Netfilter.Sim.Kubernetes.KubeProxy;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>The checks of kube cases that need tables and packets, by the simulator itself.</summary>
internal sealed class KubeWalks
{
    private (KubeProxierSettings Settings, int Payloads, KubeNode Node)? _last;

    /// <summary>The checks; for one case.</summary>
    public KubeCaseEngine Engine => new(CheckSave, CheckFlow);

    /// <summary>Walks a flow over the rules of a trace table.</summary>
    public static string? Trace(IReadOnlyList<string> rules, IReadOnlyList<string> locals, JsonElement flow) =>
        KubeNode.With(rules, locals).Compare(flow);

    private static string? CheckSave(
        KubeProxierSettings settings, IReadOnlyList<RestorePayload> payloads, IReadOnlyList<string> expected) =>
        KubeNode.After(settings, payloads, []).CompareSave(expected);

    private string? CheckFlow(
        KubeProxierSettings settings, IReadOnlyList<RestorePayload> payloads, IReadOnlyList<string> locals, JsonElement flow)
    {
        if (_last is not { } last || last.Payloads != payloads.Count || !ReferenceEquals(last.Settings, settings))
        {
            _last = last = (settings, payloads.Count, KubeNode.After(settings, payloads, locals));
        }
        return last.Node.Compare(flow);
    }
}
