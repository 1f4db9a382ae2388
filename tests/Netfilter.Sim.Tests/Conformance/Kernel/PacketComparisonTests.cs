using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.Tests.Conformance.Kernel;

public sealed class PacketComparisonTests
{
    private const string Syn = "4500002801fb00004006724a0a85f802cb0039038807001556f607ad000000005002721050870000";

    [Fact]
    public void Compare_EqualPackets_FindsNothing() => PacketComparison.Compare(Bytes(Syn), Bytes(Syn), []).ShouldBeNull();

    [Theory]
    [InlineData(8, "ip.ttl")]
    [InlineData(20, "tcp.sport")]
    [InlineData(33, "tcp.flags")]
    public void Compare_OneByteChanged_NamesTheField(int offset, string field)
    {
        byte[] changed = Bytes(Syn);
        changed[offset] ^= 1;

        PacketComparison.Compare(Bytes(Syn), changed, [])!.Value.Cause.ShouldBe(field);
    }

    [Fact]
    public void Compare_IgnoredIdentification_WantsAValidChecksum()
    {
        byte[] changed = Bytes(Syn);
        changed[4] ^= 1;
        PacketComparison.Compare(Bytes(Syn), changed, ["ip.id", "ip.checksum"])!.Value.Cause.ShouldBe("invalid ip.checksum");

        PacketFields.FixChecksums(changed);
        PacketComparison.Compare(Bytes(Syn), changed, ["ip.id", "ip.checksum"]).ShouldBeNull();
        PacketComparison.Compare(Bytes(Syn), changed, [])!.Value.Cause.ShouldBe("ip.id,ip.checksum");
    }

    [Fact]
    public void FixChecksums_OfValidPacket_ChangesNothing()
    {
        byte[] packet = Bytes(Syn);
        PacketFields.FixChecksums(packet);
        packet.ShouldBe(Bytes(Syn));
    }

    [Fact]
    public void Describe_IPv6Syn_ReadsLikeTcpdump() =>
        PacketLine.Describe(Bytes("600000000014063ffd00000900000000000000000000000220010db8007100000000000000000002000100025002d4a3000000005002000000000000"))
            .ShouldBe("fd00:9::2.1 > 2001:db8:71::2.2 tcp S seq 1342362787 ack 0 ttl 63 len 60");

    [Fact]
    public void Describe_AnyBytes_NeverThrows()
    {
        byte[] packet = Bytes(Syn);
        for (int length = 0; length <= packet.Length; length++)
        {
            PacketLine.Describe(packet.AsSpan(0, length)).ShouldNotBeEmpty();
            packet[0] = 0x60;
            PacketLine.Describe(packet.AsSpan(0, length)).ShouldNotBeEmpty();
            packet[0] = 0x45;
        }
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);
}
