using System.Text.Json;
using Netfilter.Sim.Kubernetes.KubeProxy;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>The checks of a kube case that need tables and packets: the place to plug the packet engine in.</summary>
/// <param name="CheckSave">Given the settings, the payloads of all syncs so far and the expected <c>iptablesSave</c>
/// lines, says the first difference or null; not checked when null.</param>
/// <param name="CheckFlow">Given the settings, the payloads of all syncs so far, the local addresses and a flow of the
/// case, says the first difference or null; not checked when null.</param>
public sealed record KubeCaseEngine(
    Func<KubeProxierSettings, IReadOnlyList<RestorePayload>, IReadOnlyList<string>, string?>? CheckSave = null,
    Func<KubeProxierSettings, IReadOnlyList<RestorePayload>, IReadOnlyList<string>, JsonElement, string?>? CheckFlow = null);
