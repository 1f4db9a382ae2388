using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>ICMP (<c>nf_conntrack_proto_icmp.c</c>): queries are connections, errors belong to those they quote.</summary>
internal static class IcmpTracker
{
    private const byte HighestKnownType = 18;

    // By type, the type of the answer to a query or of the query of an answer; 0xff for the rest.
    private static ReadOnlySpan<byte> Answers =>
        [8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 14, 13, 16, 15, 18, 17];

    /// <summary>The type that answers a type, or −1.</summary>
    public static int AnswerOf(byte type) => type < Answers.Length && Answers[type] != 0xff ? Answers[type] : -1;

    /// <summary>Whether a type begins a connection: echo, timestamp, information, address mask request.</summary>
    private static bool IsQuery(byte type) => type is 8 or 13 or 15 or 17;

    /// <summary>Whether a type is an error that quotes a packet (<c>icmp_is_err</c>).</summary>
    public static bool IsError(byte type) => type is 3 or 4 or 5 or 11 or 12;

    /// <summary>Looks at a message before connections are looked up (<c>nf_conntrack_icmpv4_error</c>).</summary>
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
        if (icmp[0] > HighestKnownType)
        {
            return false;
        }
        return !IsError(icmp[0]) || context.Tracker.Relate(packet, icmp[8..], context);
    }

    /// <summary>A message of a connection (<c>nf_conntrack_icmp_packet</c>).</summary>
    public static TrackResult Packet(int id, PacketBuffer packet, in TrackContext context)
    {
        ConnectionTracker tracker = context.Tracker;
        if (packet.Family != Addressing.IpFamily.IPv4 || !IsQuery((byte)(tracker.Read(id).OriginalPorts >> 24)))
        {
            return TrackResult.Invalid;
        }
        tracker.Refresh(id, packet, tracker.TimeoutsOf(id, tracker.Settings.Timeouts.Icmp)[0], context.Jiffies);
        return TrackResult.Accept;
    }
}
