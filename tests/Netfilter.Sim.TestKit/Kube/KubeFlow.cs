using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>A row of a case's packet-flow table: the first packet of a connection and its fate.</summary>
internal sealed record KubeFlow
{
    private const ushort ClientPort = 40000;

    private static readonly byte[] InitChunk = [1, 0, 0, 20, 0, 0, 0, 7, 0, 1, 0, 0, 0, 10, 0, 10, 0, 0, 0, 1];

    public required NetAddress Source { get; init; }

    public required Packet Packet { get; init; }

    /// <summary>The interface it comes in by; <c>none</c> for none of a pod's, null when the row does not say.</summary>
    public string? InInterface { get; init; }

    public required string Output { get; init; }

    public bool Masquerade { get; init; }

    public static KubeFlow Read(JsonElement row)
    {
        NetAddress source = row.GetProperty("sourceIP").GetString()!;
        NetEndpoint from = new(source, ClientPort);
        NetEndpoint to = new(row.GetProperty("destIP").GetString()!, row.GetProperty("destPort").GetUInt16());
        string output = row.GetProperty("output").GetString()!;
        return new KubeFlow
        {
            Source = source,
            Packet = row.GetProperty("protocol").GetString() switch
            {
                "udp" => Packet.Udp(from, to, [1, 2]),
                "sctp" => Packet.Sctp(from, to, 0, InitChunk),
                _ => Packet.Tcp(from, to, TcpFlags.Syn),
            },
            InInterface = row.TryGetProperty("inInterface", out JsonElement device) ? device.GetString() : null,
            // What the hooks that the packet really passes make of it.
            Output = row.TryGetProperty("hookOutput", out JsonElement hook) ? hook.GetString()! : output,
            Masquerade = row.GetProperty("masquerade").GetBoolean(),
        };
    }
}
