using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads Pods and Deployments.</summary>
internal static class PodMapping
{
    public static Pod ReadPod(ManifestField field) => new()
    {
        Metadata = MetadataMapping.ReadNamed(field["metadata"], "default"),
        Spec = ReadSpec(field["spec"]),
        Status = ReadStatus(field["status"]),
    };

    public static Deployment ReadDeployment(ManifestField field)
    {
        ManifestField spec = field["spec"];
        ObjectMeta metadata = MetadataMapping.ReadNamed(field["metadata"], "default");
        ObjectMeta template = MetadataMapping.Read(spec["template"]["metadata"], metadata.Namespace);
        ValueMap selector = spec["selector"]["matchLabels"].Map();
        if (!template.Labels.Contains(selector))
        {
            spec["selector"].Report("does not match the labels of the template");
        }
        return new Deployment
        {
            Metadata = metadata,
            Replicas = spec["replicas"].Int(0, int.MaxValue, 1),
            Selector = selector,
            TemplateMetadata = template,
            Template = ReadSpec(spec["template"]["spec"]),
        };
    }

    private static PodSpec ReadSpec(ManifestField field) => new()
    {
        NodeName = field["nodeName"].TextOrNull(),
        HostNetwork = field["hostNetwork"].Bool(false),
        Hostname = field["hostname"].TextOrNull(),
        Subdomain = field["subdomain"].TextOrNull(),
        NodeSelector = field["nodeSelector"].Map(),
        Containers = field["containers"].List(ReadContainer),
    };

    private static Container ReadContainer(ManifestField field) => new()
    {
        Name = field["name"].Text(),
        Image = field["image"].Text(),
        Ports = field["ports"].List(static port => new ContainerPort
        {
            Name = port["name"].Text(),
            Number = port["containerPort"].Port(),
            Protocol = ServiceMapping.Protocol(port["protocol"]),
            HostPort = port["hostPort"].Int(0, 65535, 0),
        }),
    };

    private static PodStatus ReadStatus(ManifestField field)
    {
        bool? ready = null;
        foreach ((string type, string status) in field["conditions"].List(
            static item => (item["type"].Text(), item["status"].Text())))
        {
            ready = type == "Ready" ? status == "True" : ready;
        }
        ValueList<string> addresses = field["podIPs"].List(static item => item["ip"].Address());
        if (addresses.Count == 0 && field["podIP"].Address() is { Length: > 0 } single)
        {
            addresses = [single];
        }
        return new PodStatus
        {
            Phase = field["phase"].TextOrNull(),
            PodIPs = addresses,
            HostIP = field["hostIP"].TextOrNull(),
            Ready = ready,
        };
    }
}
