using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>ICMPv6 (<c>nf_conntrack_proto_icmpv6.c</c>): as ICMP; neighbour discovery and multicast listening stay outside.</summary>
internal static class IcmpV6Tracker
{
    private const byte EchoRequest = 128;
    private const byte Redirect = 137;
    private const int RedirectLength = 40;
    private const byte RedirectedHeaderOption = 4;
    private const byte EchoReply = 129;
    private const byte NodeInformationQuery = 139;
    private const byte NodeInformationReply = 140;

    /// <summary>The type that answers a type, or −1.</summary>
    public static int AnswerOf(byte type) => type switch
    {
        EchoRequest => EchoReply,
        EchoReply => EchoRequest,
        NodeInformationQuery => NodeInformationReply,
        NodeInformationReply => NodeInformationQuery,
        _ => -1,
    };

    /// <summary>
    /// Whether a type is never tracked: listener queries, reports and done, router and neighbour discovery, version 2
    /// reports.
    /// </summary>
    public static bool IsUntracked(byte type) => type is (>= 130 and <= 136) or 143;

    /// <summary>Looks at a message before connections are looked up (<c>nf_conntrack_icmpv6_error</c>).</summary>
    /// <returns>False when it is invalid. An error that belongs to a connection has it afterwards.</returns>
    public static bool Inspect(Hook hook, PacketBuffer packet, in TrackContext context)
    {
        ReadOnlySpan<byte> icmp = packet.Transport;
        if (icmp.Length < 8)
        {
            return false;
        }
        if (context.FindsBadChecksum(hook, packet))
        {
            return false;
        }
        if (IsUntracked(icmp[0]))
        {
            packet.ConntrackInfo = ConntrackInfo.Untracked;
            return true;
        }
        if (icmp[0] == Redirect)
        {
            return InspectRedirect(packet, icmp, context);
        }
        return icmp[0] >= 128 || context.Tracker.Relate(packet, icmp[8..], context);
    }

    /// <summary>A redirect quotes a packet in an option (<c>nf_conntrack_icmpv6_redirect</c>).</summary>
    private static bool InspectRedirect(PacketBuffer packet, ReadOnlySpan<byte> icmp, in TrackContext context)
    {
        if (icmp.Length < RedirectLength)
        {
            return false;
        }
        if (icmp[1] != 0)
        {
            return true;
        }
        bool isFromLink = (packet.Source.Bits >> 118) == 0x3fa;
        if (packet.Ttl != 255 || !isFromLink || icmp.Length < RedirectLength + 2 || icmp[RedirectLength + 1] == 0)
        {
            return false;
        }
        if (icmp[RedirectLength] != RedirectedHeaderOption)
        {
            return true;
        }
        return context.Tracker.Relate(packet, icmp.Length < RedirectLength + 8 ? default : icmp[(RedirectLength + 8)..], context);
    }

    /// <summary>A message of a connection (<c>nf_conntrack_icmpv6_packet</c>).</summary>
    public static TrackResult Packet(int id, PacketBuffer packet, in TrackContext context)
    {
        ConnectionTracker tracker = context.Tracker;
        byte type = (byte)(tracker.Read(id).OriginalPorts >> 24);
        if (packet.Family != Addressing.IpFamily.IPv6 || type is not (EchoRequest or NodeInformationQuery))
        {
            return TrackResult.Invalid;
        }
        tracker.Refresh(id, packet, tracker.TimeoutsOf(id, tracker.Settings.Timeouts.IcmpV6)[0], context.Jiffies);
        return TrackResult.Accept;
    }
}
