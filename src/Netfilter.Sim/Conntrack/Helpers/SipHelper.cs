using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>
/// sip over UDP: registrations let calls in, session descriptions announce media (<c>nf_conntrack_sip.c</c>,
/// <c>nf_nat_sip.c</c>), with the kernel's default settings: media and calls come from the peer only.
/// </summary>
internal sealed partial class SipHelper : ConnectionHelper
{
    private const uint SignallingTimeoutSeconds = 3600;

    // Classes of expectations.
    private const int Signalling = 0;
    private const int Audio = 1;
    private const int Video = 2;
    private const int Image = 3;

    /// <inheritdoc/>
    public override string Name => "sip";

    /// <inheritdoc/>
    public override ExpectationPolicy PolicyOf(int expectationClass) => expectationClass switch
    {
        Signalling => new(1, 180),
        Image => new(2, 180),
        _ => new(4, 180),
    };

    /// <inheritdoc/>
    public override Verdict Help(PacketBuffer packet, int connection, WalkContext walk)
    {
        if (packet.Protocol != IpProtocols.Udp)
        {
            walk.Blame(Fate.Unknown("the sip helper over TCP is not modelled"));
            return Verdict.Unknown;
        }
        Message message = new(packet, connection, walk);
        if (message.Text.IsEmpty)
        {
            return Verdict.Accept;
        }
        walk.Conntrack.Prolong(connection, SignallingTimeoutSeconds * ConntrackSettings.Hz, message.Now);
        if (message.Text.Length < "SIP/2.0 200".Length)
        {
            return Verdict.Accept;
        }
        bool isResponse = SipText.StartsWith(message.Text, "SIP/2.0 ");
        Verdict verdict = isResponse ? ReadResponse(message) : ReadRequest(message);
        if (verdict != Verdict.Accept || !IsTranslated(connection, walk.Conntrack))
        {
            return verdict;
        }
        return TranslateMessage(message) ? Verdict.Accept : Refuse("cannot NAT SIP message", walk);
    }

    private static Verdict ReadRequest(Message message)
    {
        SipText.Uri via = SipText.FindUri(message.Text, SipText.Via, message.Family);
        if (via.Match.IsFound && via.Port != message.Sent.SourcePort && via.Address == message.Sent.Source)
        {
            // Some phones send from a high port and listen on another one.
            message.Memory.ForcedPort = via.Port;
        }
        string? method = null;
        foreach (string known in new[] { "INVITE", "UPDATE", "ACK", "PRACK", "BYE", "REGISTER" })
        {
            if (SipText.StartsWith(message.Text, known + " ") && message.Text.Length > known.Length + 1
                && char.IsAsciiLetter((char)message.Text[known.Length + 1]))
            {
                method = known;
            }
        }
        if (method is null)
        {
            return Verdict.Accept;
        }
        if (!TryReadSequence(message, out uint sequence, out _))
        {
            return Refuse("cannot parse CSeq", message.Walk);
        }
        switch (method)
        {
            case "REGISTER":
                return ReadRegisterRequest(message, sequence);
            case "BYE":
                message.Forget(isMedia: true);
                return Verdict.Accept;
            case "INVITE":
                message.Forget(isMedia: true);
                Verdict verdict = ReadSession(message);
                if (verdict == Verdict.Accept)
                {
                    message.Memory.InviteSequence = sequence;
                }
                return verdict;
            default:
                return ReadSession(message);
        }
    }

    private static Verdict ReadResponse(Message message)
    {
        int at = "SIP/2.0 ".Length;
        uint code = ReadNumber(message.Text, ref at);
        if (code == 0 || !TryReadSequence(message, out uint sequence, out int methodAt))
        {
            return Refuse("cannot parse a response", message.Walk);
        }
        ReadOnlySpan<byte> method = methodAt < message.Text.Length ? message.Text[methodAt..] : default;
        if (SipText.StartsWith(method, "REGISTER"))
        {
            return ReadRegisterResponse(message, sequence, code);
        }
        if (!SipText.StartsWith(method, "INVITE") && !SipText.StartsWith(method, "UPDATE") && !SipText.StartsWith(method, "PRACK"))
        {
            return Verdict.Accept;
        }
        if (code is >= 100 and <= 299)
        {
            return ReadSession(message);
        }
        if (message.Memory.InviteSequence == sequence)
        {
            message.Forget(isMedia: true);
        }
        return Verdict.Accept;
    }

    private static bool TryReadSequence(Message message, out uint sequence, out int methodAt)
    {
        SipText.Match match = SipText.FindHeader(message.Text, 0, SipText.CSeq, message.Family);
        int at = match.Offset;
        sequence = match.IsFound ? ReadNumber(message.Text, ref at) : 0;
        methodAt = match.End + 1;
        return match.IsFound;
    }

    private static Verdict ReadRegisterRequest(Message message, uint sequence)
    {
        if (message.Tracker.Read(message.Connection).Has(ConnectionStatus.Expected))
        {
            return Verdict.Accept;
        }
        uint expires = ReadExpires(message);
        SipText.Uri contact = SipText.FindUri(message.Text, SipText.Contact, message.Family);
        if (contact.Match.State < 0)
        {
            return Refuse("cannot parse contact", message.Walk);
        }
        if (!contact.Match.IsFound || contact.Address != message.Sent.Source || !IsUdp(message, contact.Match.End))
        {
            return Verdict.Accept;
        }
        expires = ReadParameter(message, contact.Match.End, "expires=") ?? expires;
        Verdict verdict = expires == 0 ? Verdict.Accept : ExpectCalls(message, contact);
        if (verdict == Verdict.Accept)
        {
            message.Memory.RegisterSequence = sequence;
        }
        return verdict;
    }

    private static Verdict ExpectCalls(Message message, in SipText.Uri contact)
    {
        Expectation expectation = Expect(
            message.Connection, message.Answered.Source, contact.Address, IpProtocols.Udp, null, contact.Port);
        expectation = expectation with
        {
            Class = Signalling,
            Helper = message.Tracker.HelperOf(message.Connection),
            IsPermanent = true,
            IsInactive = true,
        };
        return IsTranslated(message.Connection, message.Tracker)
            ? ExpectTranslatedCalls(message, contact, expectation)
            : Announce(expectation, message.Walk);
    }

    private static Verdict ReadRegisterResponse(Message message, uint sequence, uint code)
    {
        if (message.Memory.RegisterSequence != sequence || code is >= 100 and <= 199)
        {
            return Verdict.Accept;
        }
        if (code is >= 200 and <= 299)
        {
            uint expires = ReadExpires(message);
            bool isInHeader = false;
            for (int from = 0; ;)
            {
                SipText.Uri contact = SipText.FindUri(message.Text, from, SipText.Contact, message.Family, ref isInHeader);
                if (contact.Match.State < 0)
                {
                    return Refuse("cannot parse contact", message.Walk);
                }
                if (!contact.Match.IsFound)
                {
                    break;
                }
                from = contact.End;
                if (contact.Address != message.Sent.Destination || !IsUdp(message, contact.Match.End))
                {
                    continue;
                }
                uint own = ReadParameter(message, contact.Match.End, "expires=") ?? expires;
                if (own == 0)
                {
                    break;
                }
                if (message.Tracker.Activate(message.Connection, contact.Address, contact.Port, own, message.Now))
                {
                    return Verdict.Accept;
                }
            }
        }
        message.Forget(isMedia: false);
        return Verdict.Accept;
    }

    private static uint ReadExpires(Message message)
    {
        SipText.Match match = SipText.FindHeader(message.Text, 0, SipText.Expires, message.Family);
        int at = match.Offset;
        return match.IsFound ? ReadNumber(message.Text, ref at) : 0;
    }

    private static uint? ReadParameter(Message message, int from, string name)
    {
        SipText.Match match = SipText.FindParameter(message.Text, from, name);
        int at = match.Offset;
        return match.IsFound ? ReadNumber(message.Text, ref at) : null;
    }

    private static bool IsUdp(Message message, int from)
    {
        SipText.Match match = SipText.FindParameter(message.Text, from, "transport=");
        return !match.IsFound || SipText.StartsWith(message.Text[match.Offset..], "UDP");
    }

    /// <summary>Reads a session description and expects its media (<c>process_sdp</c>).</summary>
    private static Verdict ReadSession(Message message)
    {
        SipText.Match session = SipText.FindSession(message.Text, 0, 'v', '\0', message.Family);
        if (!session.IsFound)
        {
            return Verdict.Accept;
        }
        SipText.Match shared = SipText.FindSession(message.Text, session.Offset, 'c', 'm', message.Family);
        NetAddress? sharedAddress = AddressOf(message, shared);
        NetAddress address = default;
        int at = session.Offset;
        for (int streams = 0; streams < 3;)
        {
            SipText.Match media = SipText.FindSession(message.Text, at, 'm', '\0', message.Family);
            if (!media.IsFound)
            {
                break;
            }
            (int kind, int length) = KindOf(message.Text[media.Offset..]);
            at = media.Offset + (length == 0 ? media.Length : length);
            int portAt = at;
            uint port = length == 0 ? 0 : ReadNumber(message.Text, ref portAt);
            if (port == 0)
            {
                continue;
            }
            SipText.Match own = SipText.FindSession(message.Text, at, 'c', 'm', message.Family);
            if (port is < 1024 or > 65535 || (AddressOf(message, own) ?? sharedAddress) is not { } found)
            {
                return Refuse("cannot parse an SDP message", message.Walk);
            }
            address = found;
            Verdict verdict = ExpectMedia(message, ref address, (ushort)port, kind, at, media.Length - length);
            if (verdict == Verdict.Accept && own.IsFound && IsTranslated(message.Connection, message.Tracker))
            {
                verdict = ReplaceSessionAddress(message, at, 'c', address) && FixLength(message)
                    ? Verdict.Accept : Refuse("cannot mangle an SDP message", message.Walk);
            }
            if (verdict != Verdict.Accept)
            {
                return verdict;
            }
            streams++;
        }
        return !IsTranslated(message.Connection, message.Tracker) || TranslateSession(message, session.Offset, address)
            ? Verdict.Accept : Refuse("cannot mangle an SDP message", message.Walk);
    }

    /// <summary>Expects RTP and, one port above, RTCP (<c>set_expected_rtp_rtcp</c>).</summary>
    private static Verdict ExpectMedia(Message message, ref NetAddress address, ushort port, int kind, int at, int length)
    {
        ConnectionTracker tracker = message.Tracker;
        if (address != message.Sent.Source)
        {
            return Verdict.Accept;
        }
        bool isDirect = false;
        while (true)
        {
            ConnectionTuple tuple = new(message.Answered.Source, address, 0, port, IpProtocols.Udp);
            Expectation? known = tracker.FindExpectation(tuple, tracker.Read(message.Connection).Zone, message.Now);
            if (known is null || known.Master == message.Connection || known.Class != kind
                || !ReferenceEquals(tracker.HelperOf(known.Master), tracker.HelperOf(message.Connection)))
            {
                break;
            }
            bool isMapped = known.SavedAddress != known.Tuple.Destination || known.SavedPort != known.Tuple.DestinationPort;
            if (isDirect || !isMapped || !IsTranslated(message.Connection, tracker))
            {
                // Another connection announced the same stream.
                return !isDirect || ReplacePort(message, at, length, (ushort)(port & ~1))
                    ? Verdict.Accept : Refuse("cannot mangle an SDP message", message.Walk);
            }
            // Both ends are behind the same translation and can reach each other directly.
            (address, port, isDirect) = (known.SavedAddress, known.SavedPort, true);
        }
        ushort even = (ushort)(port & ~1);
        if (isDirect && !ReplacePort(message, at, length, even))
        {
            return Refuse("cannot mangle an SDP message", message.Walk);
        }
        NetAddress peer = message.Answered.Source;
        Expectation rtp = Expect(message.Connection, peer, address, IpProtocols.Udp, null, even);
        rtp = rtp with { Class = kind };
        Expectation rtcp = rtp with { Tuple = rtp.Tuple with { DestinationPort = (ushort)(even + 1) } };
        if (IsTranslated(message.Connection, tracker) && !isDirect)
        {
            return ExpectTranslatedMedia(message, rtp, rtcp, ref address, at, length);
        }
        ExpectationResult first = tracker.Expect(rtp, message.Now, anyMaster: true);
        if (first is ExpectationResult.Added or ExpectationResult.Already)
        {
            if (tracker.Expect(rtcp, message.Now, anyMaster: true) is ExpectationResult.Added or ExpectationResult.Already)
            {
                return Verdict.Accept;
            }
            if (first == ExpectationResult.Added)
            {
                tracker.Withdraw(message.Connection, rtp.Tuple);
            }
        }
        return Refuse("cannot expect media", message.Walk);
    }

    private static NetAddress? AddressOf(Message message, SipText.Match match) => match.IsFound
        && SipText.TryReadAddress(message.Text, match.Offset, message.Family, isDelimited: false, out NetAddress address, out _)
            ? address : default(NetAddress?);

    private static (int Kind, int Length) KindOf(ReadOnlySpan<byte> line) =>
        SipText.StartsWith(line, "audio ") ? (Audio, 6)
        : SipText.StartsWith(line, "video ") ? (Video, 6)
        : SipText.StartsWith(line, "image ") ? (Image, 6)
        : (0, 0);

    /// <summary>A message on its way, and the connection that it belongs to.</summary>
    private readonly struct Message(PacketBuffer packet, int connection, WalkContext walk)
    {
        public PacketBuffer Packet { get; } = packet;

        public int Connection { get; } = connection;

        public WalkContext Walk { get; } = walk;

        public ConnectionTracker Tracker => Walk.Conntrack;

        public IpFamily Family => Packet.Family;

        public uint Now => ConnectionTracker.JiffiesOf(Walk.NowNanoseconds);

        /// <summary>The message as it is now.</summary>
        public ReadOnlySpan<byte> Text => Packet.Transport.Length > 8 ? Packet.Transport[8..] : default;

        public ConnectionDirection Direction => Packet.ConntrackInfo.DirectionOf();

        /// <summary>The tuple of this direction.</summary>
        public ConnectionTuple Sent => Tracker.TupleOf(Connection, Direction);

        /// <summary>The tuple of the other direction.</summary>
        public ConnectionTuple Answered => Tracker.TupleOf(Connection, Direction.Opposite());

        public ref HelperMemory Memory => ref Tracker.Table.WriteExtension(Connection).HelperMemory;

        /// <summary>Withdraws the media, or one call, that the connection expects (<c>flush_expectations</c>).</summary>
        public void Forget(bool isMedia) => Tracker.Withdraw(
            Connection, expectation => (expectation.Class != Signalling) == isMedia, onlyOne: !isMedia);
    }
}
