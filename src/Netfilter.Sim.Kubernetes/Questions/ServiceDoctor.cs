using System.Globalization;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;

namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>Follows the Debug Services guide through a cluster.</summary>
internal sealed class ServiceDoctor(Cluster cluster, string name)
{
    private readonly List<DiagnosisCheck> _checks = [];

    public ServiceDiagnosis Examine()
    {
        if (cluster.State.FindService(name) is not { } service)
        {
            Note("Does the Service exist?", false, $"there is no Service {name}");
            return Done();
        }
        Note("Does the Service exist?", true, $"{service.Spec.Type} {service.Spec.ClusterIP}");
        if (Selects(service) && HasEndpoints(service) && HasPorts(service))
        {
            HasRules(service);
            Reaches(service);
        }
        return Done();
    }

    private ServiceDiagnosis Done() => new(name, _checks.ToValueList());

    private bool Note(string question, bool isFine, string answer)
    {
        _checks.Add(new DiagnosisCheck(question, isFine, answer));
        return isFine;
    }

    private bool Selects(Service service)
    {
        if (service.Spec.Selector.Count == 0)
        {
            return Note("Does it select pods?", true, "it has no selector: its endpoints are made by hand");
        }
        Pod[] selected = [.. cluster.State.Pods.Where(pod =>
            pod.Metadata.Namespace == service.Metadata.Namespace && pod.Metadata.Labels.Contains(service.Spec.Selector))];
        string names = string.Join(", ", selected.Select(pod => pod.Metadata.Name));
        return Note("Does it select pods?", selected.Length > 0, selected.Length > 0 ? names : $"no pod has the labels {service.Spec.Selector}");
    }

    private IEnumerable<EndpointSlice> SlicesOf(Service service) =>
        cluster.State.EndpointSlices.Where(slice => slice.ServiceKey == service.Key);

    private bool HasEndpoints(Service service)
    {
        Endpoint[] all = [.. SlicesOf(service).SelectMany(slice => slice.Endpoints.AsEnumerable())];
        string[] ready = [.. all.Where(endpoint => endpoint.Ready ?? true).Select(endpoint => endpoint.Addresses[0])];
        string answer = ready.Length > 0 ? string.Join(", ", ready)
            : all.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $"none of {all.Length} endpoints is ready")
            : "its slices are empty";
        return Note("Does it have endpoints that are ready?", ready.Length > 0, answer);
    }

    private bool HasPorts(Service service)
    {
        foreach (ServicePort port in service.Spec.Ports)
        {
            EndpointPort? found = SlicesOf(service).SelectMany(slice => slice.Ports.AsEnumerable())
                .FirstOrDefault(known => (known.Name ?? "") == port.Name && known.Protocol == port.Protocol);
            if (found?.Port is null)
            {
                return Note("Do its ports lead to ports of the pods?", false, $"target port {port.TargetPort} of {port.Port} is no port of a pod");
            }
        }
        return Note("Do its ports lead to ports of the pods?", true, string.Join(", ", service.Spec.Ports.AsEnumerable()
            .Select(port => string.Create(CultureInfo.InvariantCulture, $"{port.Port} -> {port.TargetPort}"))));
    }

    private void HasRules(Service service)
    {
        string[] lacking = [.. cluster.State.Nodes.Select(node => node.Metadata.Name).Where(node => !HasRules(service, node))];
        Note("Does every node have its rules?", lacking.Length == 0, lacking.Length == 0 ? "yes" : $"not {string.Join(", ", lacking)}");
    }

    private bool HasRules(Service service, string node)
    {
        Rules.Table? nat = cluster[node].Ruleset().Find("nat");
        return nat?.Find(KubeChains.Services) is { } services
            && services.Rules.Any(rule => rule.Origin is RuleOrigin origin && origin.Service == service.Key);
    }

    private void Reaches(Service service)
    {
        foreach (ServicePort port in service.Spec.Ports.AsEnumerable().Where(port => port.Protocol != TransportProtocol.Sctp))
        {
            string to = string.Create(CultureInfo.InvariantCulture, $"{service.Key}:{port.Port}");
            string[] backends = [.. SlicesOf(service).SelectMany(slice => slice.Endpoints.AsEnumerable()).Where(e => e.TargetRef is not null)
                .Select(e => $"{e.TargetRef!.Namespace}/{e.TargetRef.Name}")];
            Pod? client = cluster.State.Pods.FirstOrDefault(pod => pod.Spec is { NodeName: not null, HostNetwork: false } && !backends.Contains(pod.Key.ToString()));
            Ask("from a pod", client?.Key.ToString(), to, port);
            Ask("from a node", cluster.State.Nodes[0].Metadata.Name, to, port);
            if (port.NodePort != 0)
            {
                string address = cluster.State.Nodes[0].Addresses[0].Address;
                Ask("from outside", Cluster.Outside, string.Create(CultureInfo.InvariantCulture, $"{address}:{port.NodePort}"), port);
            }
            Ask("from its own pod", backends.FirstOrDefault(name => cluster.State.FindPod(name) is not null), to, port);
        }
    }

    private void Ask(string place, string? from, string to, ServicePort port)
    {
        if (from is null)
        {
            return;
        }
        Distribution<Connection> ways = cluster.Explore(from, to, port.Protocol);
        Connection? failed = ways.Select(way => way.Value).FirstOrDefault(way => way.Outcome != ConversationOutcome.Connected);
        string answer = failed is null
            ? string.Join(", ", ways.Select(way => way.Value.Backend).Distinct())
            : $"{failed.Outcome}, {failed.Failure}";
        Note(string.Create(CultureInfo.InvariantCulture, $"Does port {port.Port} answer {place} ({from} -> {to})?"), failed is null, answer);
    }
}
