using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Stack;

/// <summary>
/// The extension headers of an IPv6 packet for this host, read as its protocols do after INPUT
/// (<c>net/ipv6/ip6_input.c ip6_protocol_deliver_rcu</c>, <c>net/ipv6/exthdrs.c ipv6_rthdr_rcv, ipv6_destopt_rcv</c>).
/// </summary>
internal sealed partial class IpStack
{
    private const int MaxDestinationOptions = 8;

    /// <summary>Reads the headers up to the transport protocol, and tells the sender of what is wrong with them.</summary>
    /// <returns>False when the packet goes no further.</returns>
    private bool AcceptsHeaderChain(PacketBuffer packet)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        (int field, int offset) = (6, 40);
        if (ip[field] == IpProtocols.HopByHop)
        {
            (field, offset) = (40, 40 + ((ip[41] + 1) * 8));
        }
        while (true)
        {
            switch (ip[field])
            {
                case IpProtocols.HopByHop or IpProtocols.Ah:
                    SendParameterProblem(packet, Icmpv6Code.UnknownNextHeader, field);
                    return false;
                case IpProtocols.Routing or IpProtocols.DestinationOptions:
                    int length = offset + 2 <= ip.Length ? (ip[offset + 1] + 1) * 8 : int.MaxValue;
                    if (length > ip.Length - offset)
                    {
                        return false;
                    }
                    bool isAccepted = ip[field] == IpProtocols.Routing
                        ? AcceptsRouting(packet, offset)
                        : AcceptsOptions(packet, offset, length);
                    if (!isAccepted)
                    {
                        return false;
                    }
                    (field, offset) = (offset, offset + length);
                    break;
                case IpProtocols.Fragment when offset + 8 <= ip.Length:
                    (field, offset) = (offset, offset + 8);
                    break;
                default:
                    return ip[field] != IpProtocols.NoNext && offset <= ip.Length;
            }
        }
    }

    /// <summary>A routing header that still leads elsewhere is refused: none of the types that do are switched on.</summary>
    private bool AcceptsRouting(PacketBuffer packet, int offset)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        if (ip[24] == 0xff || packet.PacketType != PacketType.Host)
        {
            return false;
        }
        if (ip[offset + 3] == 0)
        {
            return true;
        }
        SendParameterProblem(packet, 0, offset + 2);
        return false;
    }

    /// <summary><c>ip6_parse_tlv</c>: an unknown option says itself what becomes of the packet.</summary>
    private bool AcceptsOptions(PacketBuffer packet, int start, int length)
    {
        ReadOnlySpan<byte> ip = packet.Span;
        (int offset, int end, int padding, int options) = (start + 2, start + length, 0, 0);
        while (offset < end)
        {
            int size = ip[offset] == 0 ? 1 : offset + 2 > end ? int.MaxValue : ip[offset + 1] + 2;
            if (size > end - offset)
            {
                return false;
            }
            if (ip[offset] <= 1)
            {
                padding += size;
                if (padding > 7 || (size > 2 && ip.Slice(offset + 2, size - 2).ContainsAnyExcept((byte)0)))
                {
                    return false;
                }
            }
            else if (++options > MaxDestinationOptions || !AcceptsUnknownOption(packet, offset))
            {
                return false;
            }
            else
            {
                padding = 0;
            }
            offset += size;
        }
        return true;
    }

    private bool AcceptsUnknownOption(PacketBuffer packet, int offset)
    {
        const byte UnknownOption = 2;
        int action = packet.Span[offset] >> 6;
        if (action == 2 || (action == 3 && packet.Span[24] != 0xff))
        {
            SendParameterProblem(packet, UnknownOption, offset);
        }
        return action == 0;
    }

    private void SendParameterProblem(PacketBuffer packet, byte code, int pointer) =>
        SendIcmpError(packet, Icmpv6Type.ParameterProblem, code, (uint)pointer);
}
