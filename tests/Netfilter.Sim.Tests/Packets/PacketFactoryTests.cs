using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Packets;

public class PacketFactoryTests
{
    [Fact]
    public void Tcp_WithDefaults_IsWhatLinuxSends()
    {
        Packet syn = Packet.Tcp("192.168.1.5:40000", "10.96.0.10:53", TcpFlags.Syn);

        Convert.ToHexStringLower(syn.Bytes).ShouldBe(
            "45000028000040004006"
            + "6eb9" + "c0a80105" + "0a60000a"
            + "9c400035" + "00000000" + "00000000" + "5002ffff" + "4756" + "0000");
        syn.IsWellFormed.ShouldBeTrue();
        syn.SourcePort.ShouldBe((ushort)40000);
        syn.Destination.ShouldBe((NetAddress)"10.96.0.10");
        syn.TcpFlags.ShouldBe(TcpFlags.Syn);
    }
}
