using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>What walks need of a transport header, read once per table.</summary>
internal readonly struct TransportView
{
    /// <summary>
    /// Whether the header is there in full, so that <c>-m tcp</c> and its like compare it and do not drop the packet. True of
    /// protocols without ports.
    /// </summary>
    public readonly bool IsWhole;

    /// <summary>The destination port; 0 when there is none.</summary>
    public readonly ushort DestinationPort;

    public TransportView(PacketBuffer packet)
    {
        IsWhole = packet.HasTransport && packet.FragmentOffset == 0 && packet.Transport.Length >= HeaderLength(packet.Protocol);
        DestinationPort = IsWhole && HasPorts(packet.Protocol) ? packet.ReadUInt16(packet.TransportOffset + 2) : (ushort)0;
    }

    public static bool HasPorts(int protocol) => protocol is 6 or 17 or 33 or 132 or 136;

    private static int HeaderLength(byte protocol) => protocol switch
    {
        6 => 20,
        17 or 136 => 8,
        33 or 132 => 12,
        _ => 0,
    };
}
