using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack.Fragments;

/// <summary>
/// What a reassembled packet takes over from its first fragment: link and network headers, and what the host knew of it
/// (<c>skb_morph</c> in <c>net/ipv4/inet_fragment.c inet_frag_reasm_prepare</c>).
/// </summary>
internal sealed class FragmentHead
{
    private readonly byte[] _headers;
    private readonly int _linkLength;
    private readonly PacketType _packetType;
    private readonly NetDevice? _physInDevice;
    private readonly LocalSocket? _socket;
    private readonly uint _mark, _priority;
    private readonly bool _trace;

    /// <summary>Keeps the first bytes of a fragment.</summary>
    public FragmentHead(PacketBuffer packet, int headerLength)
    {
        _linkLength = packet.LinkHeaderLength;
        _headers = packet.Bytes.AsSpan(packet.Start - _linkLength, _linkLength + headerLength).ToArray();
        (_packetType, _physInDevice, _socket) = (packet.PacketType, packet.PhysInDevice, packet.Socket);
        (_mark, _priority, _trace) = (packet.Mark, packet.Priority, packet.Trace);
    }

    /// <summary>Length of the network headers.</summary>
    public int HeaderLength => _headers.Length - _linkLength;

    /// <summary>Begins a packet of a length with these headers; devices and route stay.</summary>
    public Span<byte> Begin(PacketBuffer packet, int length)
    {
        (packet.Start, packet.Length) = (PacketBuffer.Headroom, 0);
        packet.EnsureCapacity(length);
        packet.Length = length;
        _headers.CopyTo(packet.Bytes, packet.Start - _linkLength);
        (packet.LinkHeaderLength, packet.PacketType) = (_linkLength, _packetType);
        (packet.PhysInDevice, packet.Socket) = (_physInDevice, _socket);
        (packet.Mark, packet.Priority, packet.Trace) = (_mark, _priority, _trace);
        return packet.Writable;
    }
}
