using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.TestKit.Kube;

namespace Netfilter.Sim.Kubernetes.Tests.KubeProxy;

/// <summary>Objects for tests, in code.</summary>
internal static class Make
{
    public static KubeProxierSettings Settings { get; } = new()
    {
        NodeName = "node-1",
        NodeIP = "192.168.0.2",
        LocalDetection = new LocalDetection(LocalDetectionMode.ClusterCIDR, "10.244.0.0/16"),
    };

    public static KubeProxier Proxier(KubeProxierSettings? settings = null) => new(settings ?? Settings, new CaseClock());

    public static Service Service(string name, params ServicePort[] ports) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "ns" },
        Spec = new ServiceSpec
        {
            ClusterIP = "10.96.0.10",
            Ports = ports.Length > 0 ? ports.ToValueList() : [new ServicePort { Name = "http", Port = 80 }],
            Selector = ValueMap.Of("app", name),
        },
    };

    public static EndpointSlice Slice(string service, params string[] addresses) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = service + "-1",
            Namespace = "ns",
            Labels = ValueMap.Of(EndpointSlice.ServiceNameLabel, service),
        },
        Ports = [new EndpointPort { Name = "http", Port = 8080 }],
        Endpoints = addresses.Select(address => new Endpoint { Addresses = [address] }).ToValueList(),
    };
}
