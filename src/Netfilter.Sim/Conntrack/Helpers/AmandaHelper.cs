using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>amanda: the answer of the machine that is saved names ports (<c>nf_conntrack_amanda.c</c>, <c>nf_nat_amanda.c</c>).</summary>
internal sealed class AmandaHelper : ConnectionHelper
{
    private const uint MasterTimeoutSeconds = 300;

    /// <inheritdoc/>
    public override string Name => "amanda";

    /// <inheritdoc/>
    public override ExpectationPolicy PolicyOf(int expectationClass) => new(4, 180);

    /// <inheritdoc/>
    public override Verdict Help(PacketBuffer packet, int connection, WalkContext walk)
    {
        if (packet.ConntrackInfo.DirectionOf() == ConnectionDirection.Original)
        {
            return Verdict.Accept;
        }
        walk.Conntrack.Prolong(
            connection, MasterTimeoutSeconds * ConntrackSettings.Hz, ConnectionTracker.JiffiesOf(walk.NowNanoseconds));
        Verdict verdict = Verdict.Accept;
        for (int word = 0; word < 4 && verdict == Verdict.Accept; word++)
        {
            verdict = Read(packet, connection, Words(word), walk, out bool ends);
            if (ends)
            {
                break;
            }
        }
        return verdict;
    }

    private static ReadOnlySpan<byte> Words(int index) => index switch
    {
        0 => "DATA "u8,
        1 => "MESG "u8,
        2 => "INDEX "u8,
        _ => "STATE "u8,
    };

    // The payload is searched anew for each word: the one before may have been rewritten to another length.
    private static Verdict Read(PacketBuffer packet, int connection, ReadOnlySpan<byte> word, WalkContext walk, out bool ends)
    {
        ends = true;
        ReadOnlySpan<byte> payload = packet.Transport.Length > 8 ? packet.Transport[8..] : default;
        int connect = payload.IndexOf("CONNECT "u8);
        int start = connect + 8;
        int length = connect < 0 ? -1 : payload[start..].IndexOf((byte)'\n');
        if (length < 0)
        {
            return Verdict.Accept;
        }
        ends = false;
        int found = payload.Slice(start, length).IndexOf(word);
        if (found < 0)
        {
            return Verdict.Accept;
        }
        int at = start + found + word.Length;
        int digits = 0;
        ReadOnlySpan<byte> number = payload[at..Math.Min(start + length, at + 5)];
        ushort port = (ushort)ReadNumber(number, ref digits);
        if (port == 0)
        {
            ends = true;
            return Verdict.Accept;
        }
        ConnectionTuple original = walk.Conntrack.Original(connection);
        Expectation expectation = Expect(connection, original.Source, original.Destination, IpProtocols.Tcp, null, port);
        if (!IsTranslated(connection, walk.Conntrack))
        {
            return Announce(expectation, walk);
        }
        if (AnnounceTranslated(expectation, ConnectionDirection.Original, walk) is not { } added)
        {
            return Refuse("all ports in use", walk);
        }
        return ReplaceInUdp(packet, at, digits, Text($"{added.Tuple.DestinationPort}"))
            ? Verdict.Accept : Refuse("cannot mangle packet", walk);
    }
}
