using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>
/// Reads the packets of a connection that announces others, and rewrites what they announce where NAT translates
/// (<c>struct nf_conntrack_helper</c>, <c>nf_nat_helper.c</c>). Stateless.
/// </summary>
internal abstract class ConnectionHelper
{
    private const int MaxPortAttempts = 128;

    /// <summary>Its name, as <c>CT --helper</c> takes and conntrack prints it.</summary>
    public abstract string Name { get; }

    /// <summary>How many expectations of a class a connection may have, and for how many seconds they live.</summary>
    public abstract ExpectationPolicy PolicyOf(int expectationClass);

    /// <summary>Reads one packet, right before its connection is confirmed.</summary>
    public abstract Verdict Help(PacketBuffer packet, int connection, WalkContext walk);

    /// <summary>Its connection is taken out of the table.</summary>
    public virtual void OnDestroy(int connection, ConnectionTracker tracker)
    {
    }

    /// <summary>Whether a connection is translated, so that announcements have to be rewritten.</summary>
    private protected static bool IsTranslated(int connection, ConnectionTracker tracker) =>
        tracker.Read(connection).Has(ConnectionStatus.NatMask);

    /// <summary>
    /// Makes an expectation (<c>nf_ct_expect_init</c>).
    /// </summary>
    /// <param name="master">The connection that announces.</param>
    /// <param name="source">Who will connect; null for anybody.</param>
    /// <param name="destination">Whom.</param>
    /// <param name="protocol">How.</param>
    /// <param name="sourcePort">From which port; null for any.</param>
    /// <param name="destinationPort">To which port.</param>
    private protected static Expectation Expect(
        int master, NetAddress? source, NetAddress destination, byte protocol, ushort? sourcePort, ushort destinationPort)
    {
        NetAddress none = new(destination.Family, 0);
        return new Expectation
        {
            Tuple = new ConnectionTuple(source ?? none, destination, sourcePort ?? 0, destinationPort, protocol),
            SourceMask = source is null ? none : new NetAddress(destination.Family, UInt128.MaxValue),
            SourcePortMask = sourcePort is null ? (ushort)0 : ushort.MaxValue,
            Master = master,
        };
    }

    /// <summary>Announces a connection as it is.</summary>
    private protected static Verdict Announce(Expectation expectation, WalkContext walk) =>
        walk.Conntrack.Expect(expectation, ConnectionTracker.JiffiesOf(walk.NowNanoseconds)) == ExpectationResult.Added
            ? Verdict.Accept : Refuse("cannot add expectation", walk);

    /// <summary>
    /// Announces a connection that will be translated as its master is, under the announced port or, if that is taken,
    /// another one above it (<c>nf_nat_exp_find_port</c>).
    /// </summary>
    /// <returns>The expectation as it was added; null when all ports are in use.</returns>
    private protected static Expectation? AnnounceTranslated(
        Expectation expectation,
        ConnectionDirection direction,
        WalkContext walk,
        ushort? savedPort = null,
        ExpectationFunction function = ExpectationFunction.FollowMaster)
    {
        ushort wanted = expectation.Tuple.DestinationPort;
        uint range = (uint)(ushort.MaxValue - wanted);
        uint now = ConnectionTracker.JiffiesOf(walk.NowNanoseconds);
        expectation = expectation with
        {
            SavedPort = savedPort ?? wanted,
            Direction = direction,
            Function = function,
        };
        for (int attempts = (int)Math.Min(range, MaxPortAttempts); ;)
        {
            ExpectationResult result = walk.Conntrack.Expect(expectation, now);
            if (result == ExpectationResult.Added)
            {
                // Linux cannot tell port 0 from a failure: the expectation stays, the packet does not.
                return expectation.Tuple.DestinationPort == 0 ? null : expectation;
            }
            if (result != ExpectationResult.Busy || --attempts < 0 || range == 0)
            {
                return null;
            }
            ushort port = (ushort)(wanted + walk.Chance.Choose(ChancePurpose.NatPort, range));
            expectation = expectation with { Tuple = expectation.Tuple with { DestinationPort = port } };
        }
    }

    /// <summary>
    /// Replaces text in the payload of a TCP segment, and shifts sequence numbers from then on
    /// (<c>nf_nat_mangle_tcp_packet</c>).
    /// </summary>
    private protected static bool ReplaceInTcp(
        PacketBuffer packet, int connection, int offset, int length, ReadOnlySpan<byte> replacement, ConnectionTracker tracker)
    {
        int header = (packet.Transport[12] >> 4) * 4;
        uint sequence = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packet.Transport[4..]);
        if (!ReplaceInPayload(packet, header + offset, length, replacement))
        {
            return false;
        }
        if (replacement.Length != length)
        {
            SequenceAdjuster.Shift(
                connection, packet.ConntrackInfo.DirectionOf(), sequence, replacement.Length - length, tracker);
        }
        return true;
    }

    /// <summary>Replaces text in the payload of a UDP datagram (<c>nf_nat_mangle_udp_packet</c>).</summary>
    private protected static bool ReplaceInUdp(PacketBuffer packet, int offset, int length, ReadOnlySpan<byte> replacement) =>
        ReplaceInPayload(packet, 8 + offset, length, replacement);

    /// <summary>The checksum is left to the interface: who gets the packet before that sees it unfinished.</summary>
    private static bool ReplaceInPayload(PacketBuffer packet, int offset, int length, ReadOnlySpan<byte> replacement)
    {
        if (!packet.ReplaceInTransport(offset, length, replacement))
        {
            return false;
        }
        packet.MakeChecksumPartial();
        return true;
    }

    /// <summary>The payload of a complete TCP segment; false when there is none.</summary>
    private protected static bool TryGetTcpPayload(PacketBuffer packet, out ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> tcp = packet.Transport;
        int header = tcp.Length >= 20 ? (tcp[12] >> 4) * 4 : int.MaxValue;
        payload = header < tcp.Length ? tcp[header..] : default;
        return header < tcp.Length;
    }

    /// <summary>Drops a packet whose announcement cannot be honoured.</summary>
    private protected static Verdict Refuse(string reason, WalkContext walk)
    {
        walk.Blame(Fate.Dropped($"conntrack helper: {reason}"));
        return Verdict.Drop;
    }

    private protected static byte[] Text(FormattableString text) =>
        Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads decimal digits as <c>simple_strtoul</c> does, without regard to overflow.</summary>
    private protected static uint ReadNumber(ReadOnlySpan<byte> text, ref int at)
    {
        ulong number = 0;
        for (; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            number = unchecked((number * 10) + text[at] - '0');
        }
        return (uint)number;
    }

    private protected static bool StartsWithIgnoringCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix) =>
        text.Length >= prefix.Length && Ascii.EqualsIgnoreCase(text[..prefix.Length], prefix);
}

/// <summary>Limits of expectations (<c>struct nf_conntrack_expect_policy</c>).</summary>
/// <param name="MaxExpected">How many a connection may have at a time; 0 for any number.</param>
/// <param name="TimeoutSeconds">How long one lives.</param>
internal readonly record struct ExpectationPolicy(int MaxExpected, int TimeoutSeconds);
