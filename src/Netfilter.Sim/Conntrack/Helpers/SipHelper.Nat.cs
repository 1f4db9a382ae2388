using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Conntrack.Helpers;

// Rewriting what a translated connection says (nf_nat_sip.c).
internal sealed partial class SipHelper
{
    /// <summary>Rewrites request line, Via, Contact, From and To (<c>nf_nat_sip</c>).</summary>
    private static bool TranslateMessage(Message message)
    {
        bool isRequest = !SipText.StartsWith(message.Text, "SIP/2.0");
        if (isRequest && !Map(message, SipText.FindRequestUri(message.Text, message.Family)))
        {
            return false;
        }
        if (!TranslateVia(message, isRequest))
        {
            return false;
        }
        bool isInHeader = false;
        for (int from = 0; ;)
        {
            SipText.Uri contact = SipText.FindUri(message.Text, from, SipText.Contact, message.Family, ref isInHeader);
            if (!contact.Match.IsFound)
            {
                break;
            }
            if (!Map(message, contact))
            {
                return false;
            }
            from = contact.End;
        }
        if (!Map(message, SipText.FindUri(message.Text, SipText.From, message.Family))
            || !Map(message, SipText.FindUri(message.Text, SipText.To, message.Family)))
        {
            return false;
        }
        ushort forced = message.Memory.ForcedPort;
        if (message.Direction == ConnectionDirection.Reply && forced != 0)
        {
            message.Packet.SetDestinationPort(forced);
        }
        return true;
    }

    private static bool TranslateVia(Message message, bool isRequest)
    {
        SipText.Uri via = SipText.FindUri(message.Text, SipText.Via, message.Family);
        ConnectionTuple sent = message.Sent, answered = message.Answered;
        if (!via.Match.IsFound
            || (via.Address, via.Port) != (isRequest ? (sent.Source, sent.SourcePort) : (sent.Destination, sent.DestinationPort)))
        {
            return true;
        }
        int length = message.Text.Length;
        if (!Map(message, via))
        {
            return false;
        }
        int end = via.Match.End + message.Text.Length - length;
        return ReplaceAddressParameter(message, end, "maddr=", sent.Source, answered.Destination)
            && ReplaceAddressParameter(message, end, "received=", sent.Destination, answered.Source)
            && ReplaceReturnPort(message, end, sent.DestinationPort, answered.SourcePort);
    }

    private static bool ReplaceAddressParameter(Message message, int from, string name, NetAddress before, NetAddress after)
    {
        SipText.Match match = SipText.FindParameter(message.Text, from, name);
        if (!match.IsFound || before == after
            || !SipText.TryReadAddress(message.Text, match.Offset, message.Family, name == "maddr=", out NetAddress address, out int end)
            || address != before)
        {
            return true;
        }
        return Replace(message, match.Offset, end - match.Offset, Text($"{InBrackets(after, name == "maddr=")}"));
    }

    private static bool ReplaceReturnPort(Message message, int from, ushort before, ushort after)
    {
        SipText.Match match = SipText.FindParameter(message.Text, from, "rport=");
        int at = match.Offset;
        return !match.IsFound || before == after || ReadNumber(message.Text, ref at) != before
            || Replace(message, match.Offset, at - match.Offset, Text($"{after}"));
    }

    /// <summary>Rewrites an address with its port if it is one end of the connection (<c>map_addr</c>).</summary>
    private static bool Map(Message message, in SipText.Uri uri)
    {
        if (!uri.Match.IsFound)
        {
            return true;
        }
        ConnectionTuple sent = message.Sent, answered = message.Answered;
        (NetAddress Address, ushort Port) present = (uri.Address, uri.Port), mapped = present;
        if (present == (sent.Source, sent.SourcePort))
        {
            mapped = (answered.Destination, answered.DestinationPort);
        }
        else if (present == (sent.Destination, sent.DestinationPort))
        {
            ushort forced = message.Memory.ForcedPort;
            mapped = (answered.Source, forced != 0 ? forced : answered.SourcePort);
        }
        return mapped == present || Replace(message, uri.Match.Offset, uri.Match.Length, Endpoint(mapped.Address, mapped.Port));
    }

    /// <summary>Expects calls under the translated address (<c>nf_nat_sip_expect</c>).</summary>
    private static Verdict ExpectTranslatedCalls(Message message, in SipText.Uri contact, Expectation expectation)
    {
        ConnectionTuple sent = message.Sent, answered = message.Answered;
        NetAddress address = sent.Source == answered.Destination ? contact.Address : answered.Destination;
        ushort port = contact.Port == sent.SourcePort ? answered.DestinationPort : contact.Port;
        expectation = expectation with
        {
            SavedAddress = contact.Address,
            Tuple = expectation.Tuple with { Destination = address, DestinationPort = port },
        };
        Expectation? added = AnnounceTranslated(
            expectation, message.Direction.Opposite(), message.Walk, contact.Port, ExpectationFunction.Sip);
        if (added is null)
        {
            return Refuse("all ports in use for SIP", message.Walk);
        }
        (NetAddress, ushort) mapped = (added.Tuple.Destination, added.Tuple.DestinationPort);
        return mapped == (contact.Address, contact.Port)
            || Replace(message, contact.Match.Offset, contact.Match.Length, Endpoint(mapped.Item1, mapped.Item2))
                ? Verdict.Accept : Refuse("cannot mangle packet", message.Walk);
    }

    /// <summary>Expects media under the translated address and a pair of free ports (<c>nf_nat_sdp_media</c>).</summary>
    private static Verdict ExpectTranslatedMedia(
        Message message, Expectation rtp, Expectation rtcp, ref NetAddress address, int at, int length)
    {
        NetAddress announced = message.Sent.Source == message.Answered.Destination ? address : message.Answered.Destination;
        ushort wanted = rtp.Tuple.DestinationPort;
        rtp = AsTranslated(message, rtp, announced);
        rtcp = AsTranslated(message, rtcp, announced);
        address = announced;
        for (int port = wanted; port <= ushort.MaxValue; port += 2)
        {
            Expectation media = rtp with { Tuple = rtp.Tuple with { DestinationPort = (ushort)port } };
            Expectation control = rtcp with { Tuple = rtcp.Tuple with { DestinationPort = (ushort)(port + 1) } };
            ExpectationResult result = message.Tracker.Expect(media, message.Now, anyMaster: true);
            if (result == ExpectationResult.Added)
            {
                result = message.Tracker.Expect(control, message.Now, anyMaster: true);
                if (result == ExpectationResult.Added)
                {
                    return port == wanted || ReplacePort(message, at, length, (ushort)port)
                        ? Verdict.Accept : Refuse("cannot mangle an SDP message", message.Walk);
                }
                message.Tracker.Withdraw(message.Connection, media.Tuple);
            }
            if (result != ExpectationResult.Busy)
            {
                break;
            }
        }
        return Refuse("all ports in use for SDP media", message.Walk);
    }

    private static Expectation AsTranslated(Message message, Expectation expectation, NetAddress announced) => expectation with
    {
        SavedAddress = expectation.Tuple.Destination,
        SavedPort = expectation.Tuple.DestinationPort,
        Tuple = expectation.Tuple with { Destination = announced },
        Direction = message.Direction.Opposite(),
        Function = ExpectationFunction.Sip,
    };

    /// <summary>Rewrites owner and connection of a session description (<c>nf_nat_sdp_session</c>).</summary>
    private static bool TranslateSession(Message message, int from, NetAddress address) =>
        ReplaceSessionAddress(message, from, 'o', address)
        && (!SipText.FindSession(message.Text, from, 'c', 'm', message.Family).IsFound
            || ReplaceSessionAddress(message, from, 'c', address))
        && FixLength(message);

    private static bool ReplaceSessionAddress(Message message, int from, char letter, NetAddress address)
    {
        SipText.Match match = SipText.FindSession(message.Text, from, letter, 'm', message.Family);
        return match.IsFound && Replace(message, match.Offset, match.Length, Text($"{address}"));
    }

    private static bool ReplacePort(Message message, int at, int length, ushort port) =>
        Replace(message, at, length, Text($"{port}")) && FixLength(message);

    /// <summary>Makes Content-Length right again (<c>mangle_content_len</c>).</summary>
    private static bool FixLength(Message message)
    {
        SipText.Match session = SipText.FindSession(message.Text, 0, 'v', '\0', message.Family);
        SipText.Match header = SipText.FindHeader(message.Text, 0, SipText.ContentLength, message.Family);
        return session.IsFound && header.IsFound
            && Replace(message, header.Offset, header.Length, Text($"{message.Text.Length - session.Offset + 2}"));
    }

    private static bool Replace(Message message, int offset, int length, ReadOnlySpan<byte> replacement) =>
        ReplaceInUdp(message.Packet, offset, length, replacement);

    private static byte[] Endpoint(NetAddress address, ushort port) => Text($"{InBrackets(address, true)}:{port}");

    private static string InBrackets(NetAddress address, bool isDelimited) =>
        address.Family == IpFamily.IPv6 && isDelimited ? $"[{address}]" : address.ToString();
}
