using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Tests.Stack;

public class BridgeTests
{
    private const ulong Alice = 0x020000000a01, Bob = 0x020000000b02;

    [Fact]
    public void Frame_ToAnUnknownStation_IsFloodedAndToAKnownOneIsNot()
    {
        NetworkNamespace host = Bridge();

        Ports(Send(host, "p0", Alice, Bob)).ShouldBe(["p1", "p2"], ignoreOrder: true);
        Ports(Send(host, "p1", Bob, Alice)).ShouldBe(["p0"]);
        Ports(Send(host, "p0", Alice, Bob)).ShouldBe(["p1"]);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Frame_BackToItsPort_NeedsHairpinMode(bool hairpin, int emitted)
    {
        NetworkNamespace host = Bridge();
        host.Change(host.Interface("p0") with { Hairpin = hairpin });
        Send(host, "p0", Bob, Alice);

        Send(host, "p0", Alice, Bob).Emitted.Length.ShouldBe(emitted);
    }

    [Fact]
    public void Frame_Bridged_KeepsItsTtlAndRoutedOneDoesNot()
    {
        NetworkNamespace host = Bridge();
        Send(host, "p1", Bob, Alice);
        ulong bridge = host.Interface("br0").MacAddress;
        host.AddInterface("eth1", "203.0.113.1/24");
        host.Sysctls["net.ipv4.ip_forward"] = "1";

        Send(host, "p0", Alice, Bob).Emitted.ShouldHaveSingleItem().Packet.Ttl.ShouldBe((byte)64);
        Send(host, "p0", Alice, bridge, "203.0.113.9:1").Emitted.ShouldHaveSingleItem().Packet.Ttl.ShouldBe((byte)63);
    }

    [Fact]
    public void Arp_ForTheBridgesAddress_IsAnsweredAndFlooded()
    {
        NetworkNamespace host = Bridge();
        byte[] request = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0xa, 1, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1];

        Walk walk = host.ReceiveFrame("p0", Header(Alice, 0xffffffffffff, 0x0806), request);

        Ports(walk).ShouldBe(["p2", "p1", "p0"]);
        EmittedPacket answer = walk.Emitted[^1];
        answer.LinkHeader.ToArray()[..6].ShouldBe(Header(Alice, Alice, 0)[..6]);
        answer.Packet.Bytes[7].ShouldBe((byte)2);
    }

    private static NetworkNamespace Bridge()
    {
        NetworkNamespace host = new("host");
        NetDevice bridge = host.AddInterface("br0", NetDeviceKind.Bridge, "10.0.0.1/24");
        foreach (string port in new[] { "p0", "p1", "p2" })
        {
            host.AddInterface(port, NetDeviceKind.Ethernet);
            host.Change(host.Interface(port) with { MasterIndex = bridge.Index });
        }
        return host;
    }

    private static Walk Send(NetworkNamespace host, string port, ulong from, ulong to, string destination = "10.0.0.3:1") =>
        host.ReceiveFrame(port, Header(from, to, 0x0800), Packet.Udp("10.0.0.2:1", destination).Bytes);

    private static byte[] Header(ulong from, ulong to, ushort type)
    {
        byte[] header = new byte[14];
        Sim.Stack.EthernetHeader.Write(header, to, from, type);
        return header;
    }

    private static string[] Ports(Walk walk) => [.. walk.Emitted.Select(emitted => emitted.Device.Name)];
}
