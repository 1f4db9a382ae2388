using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Tests.Packets;

public class IpSanityTests
{
    private const string Addresses = "0a0000020a010002";

    /// <summary>What a router did with these; the header checksum is right where none is given.</summary>
    [Theory]
    [InlineData("45000020000700004011 66c2", "00050035000c26d161626364", 0, 32)]
    [InlineData("45000020000700004011 66c2", "00050035000c26d161626364787979", 0, 32)]
    [InlineData("45000020000700004011 66c2", "00050035000c26d1616263", (int)IpSanityReason.Truncated, 0)]
    [InlineData("44000020000700004011 67c2", "00050035000c26d161626364", (int)IpSanityReason.HeaderLength, 0)]
    [InlineData("45000020000700003f11 66c2", "00050035000c26d161626364", (int)IpSanityReason.Checksum, 0)]
    [InlineData("45000013000700004011 66cf", "00050035000c26d161626364", (int)IpSanityReason.TotalLength, 0)]
    [InlineData("45000014000700004011 66ce", "00050035000c26d161626364", 0, 20)]
    [InlineData("45000016000700004011 66cc", "00050035000c26d161626364", 0, 22)]
    [InlineData("4f000020000700004011 66c2", "00050035000c26d161626364", (int)IpSanityReason.HeaderTruncated, 0)]
    [InlineData("55000020000700004011 66c2", "00050035000c26d161626364", (int)IpSanityReason.Version, 0)]
    public void Check_OfIPv4_DoesWhatTheKernelDid(string header, string rest, int reason, int length)
    {
        PacketBuffer packet = Load(header.Replace(" ", "") + Addresses + rest);

        IpSanity.Check(packet).Reason.ShouldBe((IpSanityReason)reason);

        if (reason == 0)
        {
            packet.Length.ShouldBe(length);
        }
    }

    /// <summary>
    /// Hop-by-hop options and what a router did with a UDP packet behind them: passed it on, dropped it, or answered with a
    /// parameter problem (code and pointer).
    /// </summary>
    [Theory]
    [InlineData("010400000000", "pass")]
    [InlineData("010400000001", "drop")]
    [InlineData("000000000000", "pass")]
    [InlineData("0104000000000106000000000000", "drop")]
    [InlineData("1e0400000000", "pass")]
    [InlineData("5e0400000000", "drop")]
    [InlineData("9e0400000000", "answer 2 42")]
    [InlineData("de0400000000", "answer 2 42")]
    [InlineData("070400000000", "drop")]
    [InlineData("0708000000010000000001020000", "drop")]
    [InlineData("310400000000", "drop")]
    [InlineData("010031020000", "pass")]
    [InlineData("050200000100", "pass")]
    [InlineData("050300000000", "drop")]
    [InlineData("c20400000009", "answer 0 44")]
    [InlineData("c20400010009", "answer 0 42")]
    [InlineData("1e001e001e00", "pass")]
    [InlineData("1e001e001e001e001e001e001e00", "pass")]
    [InlineData("1e001e001e001e001e001e001e001e001e001e001e00", "drop")]
    [InlineData("1e041e000000", "pass")]
    [InlineData("1e0500000000", "drop")]
    [InlineData("00000000001e", "drop")]
    public void Check_OfHopByHopOptions_DoesWhatTheKernelDid(string options, string expected)
    {
        byte[] bytes = Convert.FromHexString(options);
        PacketBuffer packet = Load(new PacketBuilder
        {
            Source = "fd00:a::2",
            Destination = "fd00:b::2",
            Protocol = 17,
            Extensions = [new IPv6Extension(0, [(byte)(((bytes.Length + 2) / 8) - 1), .. bytes])],
        }.Build());

        IpSanityResult result = IpSanity.Check(packet);

        string outcome = result.IsOk ? "pass"
            : result.ParameterProblemCode < 0 ? "drop"
            : $"answer {result.ParameterProblemCode} {result.Pointer}";
        outcome.ShouldBe(expected);
    }

    [Theory]
    [InlineData("fd00::1", "fd00::2", (int)IpSanityReason.None)]
    [InlineData("::1", "fd00::2", (int)IpSanityReason.LoopbackAddress)]
    [InlineData("fd00::1", "::1", (int)IpSanityReason.LoopbackAddress)]
    [InlineData("ff02::5", "fd00::2", (int)IpSanityReason.MulticastSource)]
    [InlineData("fd00::1", "ff01::1", (int)IpSanityReason.MulticastScope)]
    [InlineData("fd00::1", "ff00::1", (int)IpSanityReason.MulticastScope)]
    [InlineData("fd00::1", "ff02::1", (int)IpSanityReason.None)]
    [InlineData("::", "fd00::2", (int)IpSanityReason.None)]
    public void Check_OfIPv6Addresses_RefusesWhatMayNotCome(string source, string destination, int reason)
    {
        PacketBuffer packet = Load(Packet.Parse($"{source} > {destination}/udp"));
        packet.InDevice = new NetDevice(2, "eth0", NetDeviceKind.Ethernet);

        IpSanity.Check(packet).Reason.ShouldBe((IpSanityReason)reason);
    }

    [Theory]
    [InlineData("::1", "::1")]
    [InlineData("fd00::1", "ff01::1")]
    public void Check_OnLoopback_AllowsWhatStaysOnTheHost(string source, string destination)
    {
        PacketBuffer packet = Load(Packet.Parse($"{source} > {destination}/udp"));
        packet.InDevice = new NetDevice(1, "lo", NetDeviceKind.Loopback);

        IpSanity.Check(packet).IsOk.ShouldBeTrue();
    }

    [Fact]
    public void Check_OfAnyPacket_NeverThrowsAndAllowsTheWellFormed() => PropertyCheck.ForAll(PacketGenerators.Any(), packet =>
    {
        PacketBuffer buffer = Load(packet);
        bool isOk = IpSanity.Check(buffer).IsOk;
        if (packet.IsWellFormed && packet.Family == IpFamily.IPv4)
        {
            isOk.ShouldBeTrue();
        }
    }, count: 3000);

    private static PacketBuffer Load(string hex) => Load(Packet.Parse(Convert.FromHexString(hex)));

    private static PacketBuffer Load(Packet packet)
    {
        PacketBuffer buffer = new();
        buffer.Load(packet.Bytes);
        return buffer;
    }
}
