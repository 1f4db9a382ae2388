using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Nat;

/// <summary>
/// Translates an ICMP error of a translated connection together with the packet it quotes
/// (<c>nf_nat_proto.c nf_nat_icmp_reply_translation, nf_nat_icmpv6_reply_translation</c>).
/// </summary>
internal static class IcmpErrorTranslation
{
    private const byte RedirectV4 = 5;
    private const byte RedirectV6 = 137;

    /// <summary>Whether a packet is an ICMP message of its own family.</summary>
    public static bool IsIcmp(PacketBuffer packet) =>
        packet.Protocol == (packet.Family == IpFamily.IPv4 ? IpProtocols.Icmp : IpProtocols.IcmpV6)
        && packet.HasTransport && packet.FragmentOffset == 0;

    /// <summary>Translates an error.</summary>
    /// <returns>False when it is to be dropped.</returns>
    public static bool Apply(PacketBuffer packet, Hook hook, WalkContext walk)
    {
        bool isIPv4 = packet.Family == IpFamily.IPv4;
        int offset = packet.TransportOffset;
        int quoted = offset + 8;
        if (packet.Length < quoted + (isIPv4 ? 20 : 40) || !IsSummed(packet, hook))
        {
            return false;
        }
        ConnectionTracker tracker = walk.Conntrack;
        int id = packet.Connection;
        ConnectionStatus status = tracker.Read(id).Status;
        // A redirect must not teach anybody a way around the translation.
        if (packet.Transport[0] == (isIPv4 ? RedirectV4 : RedirectV6)
            && ((status & ConnectionStatus.NatDoneMask) != ConnectionStatus.NatDoneMask
                || (status & ConnectionStatus.NatMask) != 0))
        {
            return false;
        }
        NatManip manip = NatManipExtensions.ManipAt(hook);
        ConnectionDirection direction = packet.ConntrackInfo.DirectionOf();
        NatManip decided = direction == ConnectionDirection.Original ? manip : manip.Opposite();
        if ((status & NatEngine.TranslationOf(decided)) == 0)
        {
            return true;
        }
        ConnectionTuple answer = tracker.TupleOf(id, direction.Opposite());
        if (!PacketManip.Apply(packet.Writable[quoted..], packet.Family, answer, manip.Opposite()))
        {
            return false;
        }
        RecomputeChecksum(packet);
        return PacketManip.Apply(packet, answer.Invert() with { Protocol = packet.Protocol }, manip);
    }

    private static void RecomputeChecksum(PacketBuffer packet)
    {
        Span<byte> field = packet.Writable.Slice(packet.TransportOffset + 2, 2);
        field.Clear();
        ushort checksum = Checksum.OfTransport(packet.Span, packet.Family, packet.TransportOffset, packet.Protocol);
        bool zeroIsOnes = packet.Family == IpFamily.IPv6 && checksum == 0;
        BinaryPrimitives.WriteUInt16BigEndian(field, zeroIsOnes ? (ushort)0xffff : checksum);
    }

    /// <summary>
    /// Whether the checksum counts as right (<c>nf_ip_checksum</c>, <c>nf_ip6_checksum</c>): what was found right twice on the
    /// way in, by conntrack and here, is not summed again on the way out, whatever has changed since; what was found right
    /// once is, if it was forwarded.
    /// </summary>
    private static bool IsSummed(PacketBuffer packet, Hook hook)
    {
        if (packet.HasPartialChecksum || packet.IsChecksumSettled)
        {
            return true;
        }
        bool isComing = hook is Hook.PreRouting or Hook.LocalIn;
        bool isForwarded = hook == Hook.PostRouting && packet.InDevice is not null;
        if (packet.HasValidChecksum && !isForwarded && (!isComing || packet.IsSumKept || packet.Family == IpFamily.IPv4))
        {
            packet.IsChecksumSettled = isComing;
            return true;
        }
        if (Checksum.OfTransport(packet.Span, packet.Family, packet.TransportOffset, packet.Protocol) != 0)
        {
            return false;
        }
        packet.NoteValidChecksum();
        return true;
    }
}
