using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads Nodes.</summary>
internal static class NodeMapping
{
    public static Node Read(ManifestField field)
    {
        ValueList<string> podCidrs = field["spec"]["podCIDRs"].TextList();
        if (podCidrs.Count == 0 && field["spec"]["podCIDR"].TextOrNull() is { Length: > 0 } single)
        {
            podCidrs = [single];
        }
        return new Node
        {
            Metadata = MetadataMapping.ReadNamed(field["metadata"], ""),
            PodCIDRs = podCidrs,
            Addresses = field["status"]["addresses"].List(
                static item => new NodeAddress(item["type"].Text(), item["address"].Text())),
            TaintKeys = field["spec"]["taints"].List(static item => item["key"].Text()),
        };
    }
}
