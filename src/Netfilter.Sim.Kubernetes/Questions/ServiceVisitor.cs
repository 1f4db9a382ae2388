using System.Globalization;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;

namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>Calls a Service from everywhere: from a pod, a node, outside, and from one of its own pods.</summary>
internal sealed class ServiceVisitor(Cluster cluster, Service service, Endpoint[] endpoints, List<DiagnosisCheck> checks)
{
    public void Visit()
    {
        foreach (ServicePort port in service.Spec.Ports.AsEnumerable().Where(port => port.Protocol != TransportProtocol.Sctp))
        {
            Visit(port);
        }
    }

    private void Visit(ServicePort port)
    {
        string[] backends = [.. endpoints.Where(endpoint => endpoint.TargetRef is not null)
            .Select(endpoint => $"{endpoint.TargetRef!.Namespace}/{endpoint.TargetRef.Name}")];
        string? client = cluster.State.Pods.FirstOrDefault(pod => pod.Spec is { NodeName: not null, HostNetwork: false }
            && !backends.Contains(pod.Key.ToString()))?.Key.ToString();
        string to = string.Create(CultureInfo.InvariantCulture, $"{service.Key}:{port.Port}");
        Ask("from a pod", client, port, to);
        Ask("from a node", cluster.State.Nodes[0].Metadata.Name, port, to);
        if (port.NodePort != 0)
        {
            Ask("from outside on its node port", Cluster.Outside, port, [.. cluster.State.Nodes.Select(node => With(node.Addresses[0].Address, port.NodePort))]);
        }
        foreach (string address in service.LoadBalancerIngress.AsEnumerable()
            .Where(point => point is { IP: not null, IPMode: LoadBalancerIPMode.Vip }).Select(point => point.IP!).Concat(service.Spec.ExternalIPs))
        {
            Ask("from outside", Cluster.Outside, port, With(address, port.Port));
        }
        Ask("from its own pod", backends.FirstOrDefault(name => cluster.State.FindPod(name) is not null), port, to);
    }

    private static string With(string address, int port) => string.Create(
        CultureInfo.InvariantCulture, $"{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{port}");

    // One check for all addresses that ought to do the same; the first that fails is told, and which do not.
    private void Ask(string place, string? from, ServicePort port, params string[] addresses)
    {
        if (from is null)
        {
            return;
        }
        List<string> backends = [], working = [];
        string? failure = null;
        foreach (string to in addresses)
        {
            Distribution<Connection> ways = cluster.Explore(from, to, port.Protocol);
            if (ways.Select(way => way.Value).FirstOrDefault(way => way.Outcome != ConversationOutcome.Connected) is { } failed)
            {
                failure ??= (addresses.Length > 1 ? $"{to}: " : "") + $"{failed.Outcome}, {failed.Failure}";
                continue;
            }
            working.Add(to);
            backends.AddRange(ways.Select(way => way.Value.Backend!).Except(backends));
        }
        string also = failure is not null && working.Count > 0 ? $"; it works on {string.Join(", ", working)}" : "";
        string target = addresses.Length == 1 ? addresses[0] : $"every node's {port.NodePort}";
        checks.Add(new DiagnosisCheck(
            string.Create(CultureInfo.InvariantCulture, $"Does port {port.Port} answer {place} ({from} -> {target})?"),
            failure is null,
            failure is null ? string.Join(", ", backends) : failure + also));
    }
}
