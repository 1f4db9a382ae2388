using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Questions;

/// <summary>Follows the Debug Services guide through a cluster: the objects first, then the rules, then traffic.</summary>
internal sealed class ServiceDoctor(Cluster cluster, string name)
{
    private readonly List<DiagnosisCheck> _checks = [];

    public ServiceDiagnosis Examine()
    {
        const string Question = "Does the Service exist?";
        if (cluster.State.FindService(name) is not { } service)
        {
            string own = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
            string[] elsewhere = [.. cluster.State.Services.Where(known => known.Metadata.Name == own).Select(known => known.Key.ToString())];
            Note(Question, false, $"there is no Service {name}" + (elsewhere.Length > 0 ? $", but {string.Join(", ", elsewhere)}" : ""));
            return Done();
        }
        if (service.Spec.Type == ServiceType.ExternalName)
        {
            Note(Question, true, $"ExternalName: DNS answers with {service.Spec.ExternalName}; it has neither endpoints nor rules");
            return Done();
        }
        bool isHeadless = service.Spec.ClusterIP == "None";
        Note(Question, true, isHeadless ? "headless: DNS answers with its endpoints, and there are no rules" : $"{service.Spec.Type} {service.Spec.ClusterIP}");
        if (Selects(service) && HasEndpoints(service) && HasPorts(service) && !isHeadless)
        {
            HasRules(service);
            new ServiceVisitor(cluster, service, EndpointsOf(service), _checks).Visit();
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
        const string Question = "Does it select pods?";
        if (service.Spec.Selector.Count == 0)
        {
            return Note(Question, true, "it has no selector: its endpoints are made by hand");
        }
        Pod[] selected = PodsOf(service);
        return Note(Question, selected.Length > 0, selected.Length > 0 ? Names(selected) : Unselected(service));
    }

    // What the pods have in place of what is asked for: a slip of the pen shows at once.
    private string Unselected(Service service)
    {
        ValueMap selector = service.Spec.Selector;
        string answer = $"no pod of namespace {service.Metadata.Namespace} has the labels {selector}";
        Pod[] elsewhere = [.. cluster.State.Pods.Where(pod => pod.Metadata.Labels.Contains(selector))];
        if (elsewhere.Length > 0)
        {
            return $"{answer}; pods of namespace {elsewhere[0].Metadata.Namespace} have";
        }
        string[] present = [.. cluster.State.Pods.Where(pod => pod.Metadata.Namespace == service.Metadata.Namespace)
            .SelectMany(pod => pod.Metadata.Labels.Where(label => selector.ContainsKey(label.Key) && selector[label.Key] != label.Value))
            .Select(label => $"{label.Key}={label.Value}").Distinct().Order(StringComparer.Ordinal)];
        return present.Length == 0 ? answer : $"{answer}; pods there have {string.Join(", ", present)}";
    }

    private Pod[] PodsOf(Service service) => service.Spec.Selector.Count == 0 ? [] : [.. cluster.State.Pods.Where(pod =>
        pod.Metadata.Namespace == service.Metadata.Namespace && pod.Metadata.Labels.Contains(service.Spec.Selector))];

    private static string Names(IEnumerable<Pod> pods) => string.Join(", ", pods.Select(pod => pod.Metadata.Name));

    private EndpointSlice[] SlicesOf(Service service) => [.. cluster.State.EndpointSlices.Where(slice => slice.ServiceKey == service.Key)];

    private Endpoint[] EndpointsOf(Service service) => [.. SlicesOf(service).SelectMany(slice => slice.Endpoints.AsEnumerable())];

    private bool HasEndpoints(Service service)
    {
        Endpoint[] all = EndpointsOf(service);
        string[] ready = [.. all.Where(endpoint => endpoint.Ready ?? true).Select(endpoint => endpoint.Addresses[0])];
        string answer = ready.Length > 0 ? string.Join(", ", ready)
            : all.Length == 0 ? "its slices are empty: its pods have no addresses yet, or have ended"
            : string.Create(CultureInfo.InvariantCulture, $"none of {all.Length} endpoints is ready: ")
                + string.Join(", ", all.Select(endpoint => (endpoint.TargetRef?.Name ?? endpoint.Addresses[0]) + (endpoint.Terminating == true ? " (terminating)" : "")));
        return Note("Does it have endpoints that are ready?", ready.Length > 0, answer);
    }

    private bool HasPorts(Service service)
    {
        const string Question = "Do its ports lead to ports of the pods?";
        Pod[] pods = PodsOf(service);
        ContainerPort[] named = [.. pods.SelectMany(pod => pod.Spec.Containers.AsEnumerable()).SelectMany(container => container.Ports.AsEnumerable()).Distinct()];
        string names = named.Length == 0 ? "" : "; the pods' containers name " + string.Join(", ", named.Select(NameOf));
        foreach (ServicePort port in service.Spec.Ports)
        {
            EndpointPort[] found = [.. SlicesOf(service).SelectMany(slice => slice.Ports.AsEnumerable())
                .Where(known => (known.Name ?? "") == port.Name && known.Protocol == port.Protocol && known.Port is not null)];
            string protocol = port.Protocol.ToString().ToUpperInvariant();
            if (found.Length == 0)
            {
                return Note(Question, false, pods.Length > 0
                    ? $"target port {port.TargetPort} ({protocol}) of port {port.Port} is no port of a pod{names}"
                    : $"no slice has a port named \"{port.Name}\" for {protocol}");
            }
            if (named.Length > 0 && !found.Any(known => named.Any(one => one.Number == known.Port && one.Protocol == port.Protocol)))
            {
                return Note(Question, false, $"port {port.Port} leads to {found[0].Port} ({protocol}), where no pod says it listens{names}");
            }
        }
        return Note(Question, true, string.Join(", ", service.Spec.Ports.AsEnumerable()
            .Select(port => string.Create(CultureInfo.InvariantCulture, $"{port.Port} -> {port.TargetPort}"))));
    }

    private static string NameOf(ContainerPort port) =>
        string.Create(CultureInfo.InvariantCulture, $"{port.Number}/{port.Protocol.ToString().ToUpperInvariant()}") + (string.IsNullOrEmpty(port.Name) ? "" : $" ({port.Name})");

    private void HasRules(Service service)
    {
        string[] lacking = [.. cluster.State.Nodes.Select(node => node.Metadata.Name).Where(node => !HasRules(service, node))];
        Note("Does every node have its rules?", lacking.Length == 0, lacking.Length == 0 ? "yes" : $"not {string.Join(", ", lacking)}");
    }

    // In nat where it is answered, in filter where it is refused on purpose.
    private bool HasRules(Service service, string node)
    {
        IpFamily family = service.Spec.ClusterIP.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        Rules.Ruleset rules = cluster[node].Ruleset(family);
        return new[] { KubeChains.Nat, KubeChains.Filter }.Any(table => rules.Find(table)?.Find(KubeChains.Services) is { } services
            && services.Rules.Any(rule => rule.Origin is RuleOrigin origin && origin.Service == service.Key));
    }
}
