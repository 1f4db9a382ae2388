using System.Buffers.Binary;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>tftp: the server answers a request from a fresh port (<c>nf_conntrack_tftp.c</c>, <c>nf_nat_tftp.c</c>).</summary>
internal sealed class TftpHelper : ConnectionHelper
{
    private const ushort ReadRequest = 1;
    private const ushort WriteRequest = 2;

    /// <inheritdoc/>
    public override string Name => "tftp";

    /// <inheritdoc/>
    public override ExpectationPolicy PolicyOf(int expectationClass) => new(1, 300);

    /// <inheritdoc/>
    public override Verdict Help(PacketBuffer packet, int connection, WalkContext walk)
    {
        ReadOnlySpan<byte> udp = packet.Transport;
        if (udp.Length < 10 || BinaryPrimitives.ReadUInt16BigEndian(udp[8..]) is not (ReadRequest or WriteRequest))
        {
            return Verdict.Accept;
        }
        ConnectionTuple reply = walk.Conntrack.Reply(connection);
        Expectation expectation = Expect(
            connection, reply.Source, reply.Destination, IpProtocols.Udp, null, reply.DestinationPort);
        if (IsTranslated(connection, walk.Conntrack))
        {
            expectation = expectation with
            {
                SavedPort = walk.Conntrack.Original(connection).SourcePort,
                Direction = ConnectionDirection.Reply,
                Function = ExpectationFunction.FollowMaster,
            };
        }
        return Announce(expectation, walk);
    }
}
