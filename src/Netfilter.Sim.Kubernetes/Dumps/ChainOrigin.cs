using Netfilter.Sim.Kubernetes.KubeProxy;

namespace Netfilter.Sim.Kubernetes.Dumps;

/// <summary>What a hashed chain name stands for.</summary>
/// <param name="Chain">The chain's name.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="ServicePort">The service port.</param>
/// <param name="Endpoint">The endpoint, for a chain of one.</param>
public sealed record ChainOrigin(
    string Chain, ServiceChainKind Kind, ServicePortInfo ServicePort, EndpointInfo? Endpoint = null)
{
    /// <summary>The form <c>KUBE-SEP-… = default/web:http/TCP -> 10.0.0.1:80</c>.</summary>
    public override string ToString() =>
        $"{Chain} = {ServicePort.Name}{(Endpoint is null ? "" : " -> " + Endpoint.Text)} ({Kind})";
}
