using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>irc: a client offers a direct connection with DCC (<c>nf_conntrack_irc.c</c>, <c>nf_nat_irc.c</c>).</summary>
internal sealed class IrcHelper : ConnectionHelper
{
    private const int SearchLimit = 4096;

    // What has to follow the beginning of a message for an offer to fit in.
    private const int ShortestOffer = 26;

    /// <inheritdoc/>
    public override string Name => "irc";

    /// <inheritdoc/>
    public override ExpectationPolicy PolicyOf(int expectationClass) => new(8, 300);

    /// <inheritdoc/>
    public override Verdict Help(PacketBuffer packet, int connection, WalkContext walk)
    {
        if (packet.ConntrackInfo != ConntrackInfo.Established || !TryGetTcpPayload(packet, out ReadOnlySpan<byte> text))
        {
            return Verdict.Accept;
        }
        text = text.Length > SearchLimit ? text[..SearchLimit] : text;
        int at = 0;
        while (at < text.Length - 10 && text[at] is (byte)' ' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }
        if (at < text.Length - 10)
        {
            if (!StartsWithIgnoringCase(text[at..], "PRIVMSG "u8))
            {
                return Verdict.Accept;
            }
            at += 8;
        }
        while (at < text.Length - ShortestOffer)
        {
            if (!text[at..].StartsWith(" :"u8))
            {
                at++;
                continue;
            }
            at += 2;
            if (!text[at..].StartsWith("\u0001DCC "u8))
            {
                return Verdict.Accept;
            }
            at += 5;
            if (TryReadOffer(text, ref at, connection, walk.Conntrack, out Offer offer))
            {
                return Announce(packet, connection, offer, walk);
            }
        }
        return Verdict.Accept;
    }

    private static Verdict Announce(PacketBuffer packet, int connection, in Offer offer, WalkContext walk)
    {
        ConnectionTuple reply = walk.Conntrack.Reply(connection);
        Expectation expectation = Expect(connection, null, reply.Destination, IpProtocols.Tcp, null, offer.Port);
        if (!IsTranslated(connection, walk.Conntrack))
        {
            return Announce(expectation, walk);
        }
        if (AnnounceTranslated(expectation, ConnectionDirection.Reply, walk) is not { } added)
        {
            return Refuse("all ports in use", walk);
        }
        byte[] replacement = Text($"{reply.Destination.IPv4Bits} {added.Tuple.DestinationPort}");
        return ReplaceInTcp(packet, connection, offer.Begin, offer.End - offer.Begin, replacement, walk.Conntrack)
            ? Verdict.Accept : Refuse("cannot mangle packet", walk);
    }

    private static bool TryReadOffer(
        ReadOnlySpan<byte> text, ref int at, int connection, ConnectionTracker tracker, out Offer offer)
    {
        int length = KindLength(text[at..]);
        if (length == 0)
        {
            offer = default;
            return false;
        }
        at += length;
        if (!TryParse(text, at, out offer) || offer.Port == 0)
        {
            return false;
        }
        // The client may name its own address or, if it knows that, the translated one.
        NetAddress address = new(offer.Address);
        return tracker.Original(connection).Source == address || tracker.Reply(connection).Destination == address;
    }

    private static int KindLength(ReadOnlySpan<byte> text) =>
        text.StartsWith("SEND "u8) || text.StartsWith("CHAT "u8) || text.StartsWith("MOVE "u8) ? 5
        : text.StartsWith("TSEND "u8) || text.StartsWith("SCHAT "u8) ? 6
        : 0;

    /// <summary><c>parse_dcc</c>: a word, the address as one number, blanks, the port.</summary>
    private static bool TryParse(ReadOnlySpan<byte> text, int at, out Offer offer)
    {
        offer = default;
        while (text[at++] != ' ')
        {
            if (at > text.Length - 12)
            {
                return false;
            }
        }
        if (at >= text.Length || text[at..].IndexOf((byte)'\n') < 0)
        {
            return false;
        }
        int begin = at;
        uint address = ReadNumber(text, ref at);
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }
        ushort port = (ushort)ReadNumber(text, ref at);
        offer = new Offer(begin, at, address, port);
        return true;
    }

    private readonly record struct Offer(int Begin, int End, uint Address, ushort Port);
}
