using System.Text.Json;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>Reads the <c>config</c> of a case.</summary>
internal static class KubeCaseSettings
{
    public static KubeProxierSettings Read(JsonElement config) => Apply(new KubeProxierSettings(), config);

    /// <summary>The settings with the fields a step gives of its own.</summary>
    public static KubeProxierSettings Apply(KubeProxierSettings settings, JsonElement config)
    {
        foreach (JsonProperty field in config.EnumerateObject())
        {
            settings = Apply(settings, field);
        }
        return settings;
    }

    private static KubeProxierSettings Apply(KubeProxierSettings settings, JsonProperty field)
    {
        JsonElement value = field.Value;
        return field.Name switch
        {
            "ipFamily" => settings with { Family = ReadFamily(value) },
            "nodeName" => settings with { NodeName = value.GetString()! },
            "nodeIP" => settings with { NodeIP = value.GetString()! },
            "nodeInterfaceAddresses" => settings with { InterfaceAddresses = Texts(value) },
            "detectLocal" => settings with { LocalDetection = ReadDetection(value) },
            "masqueradeAll" => settings with { MasqueradeAll = value.GetBoolean() },
            "masqueradeBit" => settings with { MasqueradeBit = value.GetInt32() },
            "masqueradeMark" => settings with { MasqueradeMarkText = value.GetString() },
            "localhostNodePorts" => settings with { LocalhostNodePorts = value.GetBoolean() },
            "nodePortAddresses" => settings with { NodePortAddresses = Texts(value) },
            "hasRandomFully" => settings with { HasRandomFully = value.GetBoolean() },
            "conntrackTCPBeLiberal" => settings with { ConntrackTcpBeLiberal = value.GetBoolean() },
            "nfacctCounters" => settings with { NfacctCounters = Texts(value) },
            "largeClusterEndpointsThreshold" => settings with { LargeClusterEndpointsThreshold = value.GetInt32() },
            "syncPeriodSeconds" => settings with { SyncPeriod = TimeSpan.FromSeconds(value.GetInt32()) },
            _ => throw new FormatException("unknown config field " + field.Name),
        };
    }

    public static IPFamily ReadFamily(JsonElement value) =>
        value.GetString() == "IPv4" ? IPFamily.IPv4 : IPFamily.IPv6;

    public static ValueList<string> Texts(JsonElement list) =>
        list.EnumerateArray().Select(item => item.GetString()!).ToValueList();

    private static LocalDetection ReadDetection(JsonElement value)
    {
        LocalDetectionMode mode = Enum.Parse<LocalDetectionMode>(value.GetProperty("mode").GetString()!);
        string text = "";
        foreach (JsonProperty field in value.EnumerateObject())
        {
            text = field.Name == "mode" ? text : field.Value.GetString()!;
        }
        return new LocalDetection(mode, text);
    }
}
