using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Nat;

public sealed class PacketManipTests
{
    /// <summary>The least of a transport header that Linux must see to translate a packet: 8 bytes, and no more for TCP.</summary>
    [Theory]
    [InlineData(IpProtocols.Icmp, IpFamily.IPv4)]
    [InlineData(IpProtocols.IcmpV6, IpFamily.IPv6)]
    [InlineData(IpProtocols.Tcp, IpFamily.IPv4)]
    [InlineData(IpProtocols.Tcp, IpFamily.IPv6)]
    [InlineData(IpProtocols.Udp, IpFamily.IPv4)]
    [InlineData(IpProtocols.Udp, IpFamily.IPv6)]
    [InlineData(IpProtocols.UdpLite, IpFamily.IPv4)]
    [InlineData(IpProtocols.Sctp, IpFamily.IPv4)]
    [InlineData(IpProtocols.Gre, IpFamily.IPv4)]
    public void Apply_TransportHeaderCutOff_ChangesNothingAndFails(byte protocol, IpFamily family)
    {
        for (int length = 0; length <= 8; length++)
        {
            byte[] before = Bytes(family, protocol, length);
            byte[] bytes = [.. before];
            PacketManip.Apply(bytes, family, Target(family, protocol), NatManip.Source).ShouldBe(length == 8, $"{length} bytes");
            (length < 8).ShouldBe(bytes.AsSpan().SequenceEqual(before), $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(IpFamily.IPv4, 19)]
    [InlineData(IpFamily.IPv6, 39)]
    public void Apply_NetworkHeaderCutOff_ChangesNothingAndFails(IpFamily family, int length)
    {
        byte[] bytes = Bytes(family, 50, 8)[..length];
        byte[] before = [.. bytes];
        PacketManip.Apply(bytes, family, Target(family, 50), NatManip.Source).ShouldBeFalse();
        bytes.ShouldBe(before);
    }

    [Fact]
    public void Apply_IPv4HeaderLongerThanThePacket_ChangesNothingAndFails()
    {
        byte[] bytes = Bytes(IpFamily.IPv4, IpProtocols.Esp, 0);
        bytes[0] = 0x46;
        PacketManip.Apply(bytes, IpFamily.IPv4, Target(IpFamily.IPv4, IpProtocols.Esp), NatManip.Source).ShouldBeFalse();
    }

    /// <summary>Only version 1 has a key, which is that of the receiving end; of other versions but 0 nothing is known.</summary>
    [Theory]
    [InlineData(0, NatManip.Destination, true, 0)]
    [InlineData(1, NatManip.Destination, true, 0x1234)]
    [InlineData(2, NatManip.Destination, false, 0)]
    [InlineData(1, NatManip.Source, true, 0)]
    [InlineData(2, NatManip.Source, true, 0)]
    internal void Apply_Gre_WritesTheKeyOfTheReceivingEnd(byte version, NatManip manip, bool isApplied, int key)
    {
        byte[] bytes = Bytes(IpFamily.IPv4, IpProtocols.Gre, 8);
        bytes[21] = version;
        ConnectionTuple target = Target(IpFamily.IPv4, IpProtocols.Gre) with { DestinationPort = 0x1234 };
        PacketManip.Apply(bytes, IpFamily.IPv4, target, manip).ShouldBe(isApplied);
        ((bytes[26] << 8) | bytes[27]).ShouldBe(key);
    }

    /// <summary>A UDP-Lite packet always has a checksum: one that comes out as zero is written as its other zero.</summary>
    [Fact]
    public void Apply_UdpLiteChecksumBecomesZero_IsWrittenAsAllOnes()
    {
        byte[] bytes = Bytes(IpFamily.IPv4, IpProtocols.UdpLite, 8);
        ConnectionTuple target = Target(IpFamily.IPv4, IpProtocols.UdpLite);
        for (int checksum = 1; checksum <= 0xffff; checksum++)
        {
            byte[] tried = [.. bytes];
            (tried[26], tried[27]) = ((byte)(checksum >> 8), (byte)checksum);
            PacketManip.Apply(tried, IpFamily.IPv4, target, NatManip.Source);
            ((tried[26] << 8) | tried[27]).ShouldNotBe(0);
        }
    }

    private static ConnectionTuple Target(IpFamily family, byte protocol) => family == IpFamily.IPv4
        ? new ConnectionTuple("198.51.100.7", "203.0.113.9", 4000, 80, protocol)
        : new ConnectionTuple("2001:db8:7::7", "2001:db8::9", 4000, 80, protocol);

    private static byte[] Bytes(IpFamily family, byte protocol, int transport)
    {
        byte[] header = family == IpFamily.IPv4
            ? [0x45, 0, 0, (byte)(20 + transport), 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 2, 203, 0, 113, 9]
            : [0x60, 0, 0, 0, 0, (byte)transport, protocol, 64, 0xfd, .. new byte[14], 2, 0x20, 1, 0xd, 0xb8, .. new byte[11], 9];
        byte[] bytes = [.. header, .. new byte[transport]];
        if (transport > 0 && (protocol is IpProtocols.Icmp or IpProtocols.IcmpV6))
        {
            bytes[header.Length] = protocol == IpProtocols.Icmp ? (byte)8 : (byte)128;
        }
        return bytes;
    }
}
