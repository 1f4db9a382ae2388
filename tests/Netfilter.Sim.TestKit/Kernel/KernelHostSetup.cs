using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>The host of a case.</summary>
public sealed record KernelHostSetup
{
    public IReadOnlyList<KernelInterface> Interfaces { get; init; } = [];

    public IReadOnlyList<KernelRoute> Routes { get; init; } = [];

    /// <summary>Arguments of <c>ip rule add</c>.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    public IReadOnlyDictionary<string, JsonElement> Sysctls { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary><c>sink</c> or <c>answer</c>.</summary>
    public string LocalStack { get; init; } = "sink";

    public IReadOnlyList<KernelNeighbour> Neighbours { get; init; } = [];

    public IReadOnlyList<KernelNfacct> Nfacct { get; init; } = [];

    public IReadOnlyList<string> Osf { get; init; } = [];

    public int? ConntrackMax { get; init; }

    public IReadOnlyList<KernelListener> Listeners { get; init; } = [];
}

/// <summary>An interface of the host.</summary>
public sealed record KernelInterface
{
    public required string Name { get; init; }

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public int Mtu { get; init; } = 1500;

    public uint Group { get; init; }

    /// <summary>Null for a layer 3 device, otherwise <c>tap</c> or <c>bridge</c>.</summary>
    public string? Kind { get; init; }

    public string? Mac { get; init; }

    public IReadOnlyList<string> Ports { get; init; } = [];

    public IReadOnlyList<string> Hairpin { get; init; } = [];
}

/// <summary>A route of the host.</summary>
public sealed record KernelRoute
{
    public required string Dst { get; init; }

    public string? Via { get; init; }

    public string? Dev { get; init; }

    public string? Src { get; init; }

    public JsonElement? Table { get; init; }

    public int? Metric { get; init; }

    public JsonElement? Realm { get; init; }

    public string? Type { get; init; }

    /// <summary>Arguments of <c>ip route add</c>.</summary>
    [JsonIgnore]
    public string Arguments
    {
        get
        {
            string text = Type is null ? Dst : $"{Type} {Dst}";
            Append(ref text, "via", Via);
            Append(ref text, "dev", Dev);
            Append(ref text, "src", Src);
            Append(ref text, "table", Table);
            Append(ref text, "metric", Metric);
            Append(ref text, "realm", Realm);
            return Via is null ? text : text + " onlink";
        }
    }

    private static void Append(ref string text, string word, object? value)
    {
        if (value is not null)
        {
            text = $"{text} {word} {value}";
        }
    }
}

/// <summary>A permanent neighbour entry.</summary>
/// <param name="Dev">The interface.</param>
/// <param name="Ip">The address.</param>
/// <param name="Mac">Its Ethernet address.</param>
public sealed record KernelNeighbour(string Dev, string Ip, string Mac);

/// <summary>An accounting object.</summary>
/// <param name="Name">Its name.</param>
public sealed record KernelNfacct(string Name)
{
    public ulong? Quota { get; init; }

    /// <summary>What the quota counts: <c>packets</c> or <c>bytes</c>.</summary>
    public string? Mode { get; init; }
}

/// <summary>A bound socket.</summary>
/// <param name="Proto"><c>udp</c> or <c>tcp</c>.</param>
/// <param name="Port">The port.</param>
public sealed record KernelListener(string Proto, ushort Port)
{
    public string? Address { get; init; }

    public bool Transparent { get; init; }

    public uint? Uid { get; init; }
}
