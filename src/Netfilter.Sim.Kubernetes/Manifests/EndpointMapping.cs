using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads EndpointSlices and Endpoints.</summary>
internal static class EndpointMapping
{
    private static readonly string[] Mapped =
        ["addresses", "conditions", "hostname", "nodeName", "zone", "targetRef", "hints"];

    public static EndpointSlice ReadSlice(ManifestField field)
    {
        field["addressType"].Require();
        return new EndpointSlice
        {
            Metadata = MetadataMapping.ReadNamed(field["metadata"], "default"),
            AddressType = field["addressType"].Choice(
                AddressType.IPv4,
                ("IPv4", AddressType.IPv4), ("IPv6", AddressType.IPv6), ("FQDN", AddressType.Fqdn)),
            Endpoints = field["endpoints"].List(ReadEndpoint),
            Ports = field["ports"].List(ReadPort),
        };
    }

    public static Endpoints ReadEndpoints(ManifestField field) => new()
    {
        Metadata = MetadataMapping.ReadNamed(field["metadata"], "default"),
        Subsets = field["subsets"].List(static subset => new EndpointSubset
        {
            Addresses = subset["addresses"].List(ReadAddress),
            NotReadyAddresses = subset["notReadyAddresses"].List(ReadAddress),
            Ports = subset["ports"].List(ReadPort),
        }),
    };

    private static Endpoint ReadEndpoint(ManifestField field)
    {
        field["addresses"].Require();
        ManifestField conditions = field["conditions"];
        return new Endpoint
        {
            Addresses = field["addresses"].TextList(),
            Ready = conditions["ready"].BoolOrNull(),
            Serving = conditions["serving"].BoolOrNull(),
            Terminating = conditions["terminating"].BoolOrNull(),
            Hostname = field["hostname"].TextOrNull(),
            NodeName = field["nodeName"].TextOrNull(),
            Zone = field["zone"].TextOrNull(),
            TargetRef = ReadReference(field["targetRef"]),
            ZoneHints = field["hints"]["forZones"].List(static zone => zone["name"].Text()),
            NodeHints = field["hints"]["forNodes"].List(static node => node["name"].Text()),
            Unmapped = (MetadataMapping.Unmapped(field.Node as MappingNode, Mapped)
                + MetadataMapping.Unmapped(field["targetRef"].Node as MappingNode, "kind", "namespace", "name"))
                is { Length: > 0 } text ? text : null,
        };
    }

    private static EndpointPort ReadPort(ManifestField field) => new()
    {
        Name = field["name"].Text(),
        Protocol = ServiceMapping.Protocol(field["protocol"]),
        Port = field["port"].IntOrNull(0, 65535),
        AppProtocol = field["appProtocol"].TextOrNull(),
    };

    private static EndpointAddress ReadAddress(ManifestField field) => new()
    {
        IP = field["ip"].RequiredText(),
        Hostname = field["hostname"].TextOrNull(),
        NodeName = field["nodeName"].TextOrNull(),
        TargetRef = ReadReference(field["targetRef"]),
    };

    private static ObjectReference? ReadReference(ManifestField field) => field.IsPresent
        ? new ObjectReference(field["kind"].Text(), field["namespace"].Text(), field["name"].Text())
        : null;
}
