using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Stack;
using Netfilter.Sim.Tests.Routing;

namespace Netfilter.Sim.Tests.Stack;

public class IpStackTests
{
    [Fact]
    public void Forward_Packet_LeavesWithOneTtlLessAndAValidChecksum()
    {
        Packet packet = Packet.Udp("10.0.0.2:1000", "8.8.8.8:53");

        Walk walk = FibTests.Router().Receive("eth0", packet);

        EmittedPacket emitted = walk.Emitted.ShouldHaveSingleItem();
        emitted.Device.Name.ShouldBe("eth1");
        emitted.Packet.Ttl.ShouldBe((byte)(packet.Ttl - 1));
        emitted.Packet.Defect.ShouldBe(packet.Defect);
        walk.Fate.Kind.ShouldBe(FateKind.Forwarded);
    }

    [Theory]
    [InlineData(1, "8.8.8.8", IcmpType.TimeExceeded, IcmpCode.TimeToLive)]
    [InlineData(64, "198.18.0.1", IcmpType.DestinationUnreachable, IcmpCode.HostUnreachable)]
    [InlineData(64, "198.18.1.1", IcmpType.DestinationUnreachable, IcmpCode.PacketFiltered)]
    public void Forward_NoWay_TellsTheSender(int ttl, string destination, byte type, byte code)
    {
        NetworkNamespace host = FibTests.Router();
        host.Routes.Add("unreachable 198.18.0.0/24");
        host.Routes.Add("prohibit 198.18.1.0/24");
        byte[] bytes = Packet.Udp("10.0.0.2:1000", $"{destination}:53").ToArray();
        (bytes[8], bytes[10], bytes[11]) = ((byte)ttl, 0, 0);
        ushort sum = Checksum.Of(bytes.AsSpan(0, 20));
        (bytes[10], bytes[11]) = ((byte)(sum >> 8), (byte)sum);

        Walk walk = host.Receive("eth0", Packet.Parse(bytes));

        EmittedPacket error = walk.Emitted.ShouldHaveSingleItem();
        error.Device.Name.ShouldBe("eth0");
        error.Packet.Source.ToString().ShouldBe("10.0.0.1");
        error.Packet.Bytes[20].ShouldBe(type);
        error.Packet.Bytes[21].ShouldBe(code);
        error.Packet.TypeOfService.ShouldBe((byte)0xc0);
        walk.Fate.Kind.ShouldBe(FateKind.Rejected);
    }

    [Theory]
    [InlineData("127.0.0.1:1", "10.0.0.1:1")]
    [InlineData("10.0.0.1:1", "10.0.1.1:1")]
    [InlineData("224.1.1.1:1", "10.0.0.1:1")]
    [InlineData("10.0.0.2:1", "239.1.2.3:1")]
    [InlineData("10.0.0.2:1", "127.0.0.1:1")]
    public void Receive_Martian_IsDroppedInSilence(string source, string destination)
    {
        Walk walk = FibTests.Router().Receive("eth0", Packet.Udp(source, destination));

        walk.Emitted.ShouldBeEmpty();
        walk.Delivered.ShouldBeEmpty();
        walk.Fate.Kind.ShouldBe(FateKind.Dropped);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    [InlineData("2", true)]
    public void Receive_SourceReachedByAnotherInterface_StrictReversePathDrops(string rpFilter, bool passes)
    {
        NetworkNamespace host = FibTests.Router();
        host.Sysctls["net.ipv4.conf.all.rp_filter"] = rpFilter;

        host.Receive("eth0", Packet.Udp("10.0.1.77:1", "10.0.0.1:1")).Delivered.Length.ShouldBe(passes ? 1 : 0);
    }

    [Fact]
    public void Send_ToOwnAddress_ComesBackOverLo()
    {
        NetworkNamespace host = FibTests.Router();
        host.LocalStack = LocalStackMode.Sink;

        Walk walk = host.Send(Packet.Udp("10.0.0.1:1000", "10.0.1.1:53"), new LocalSocket(255, 0) { Mark = 7 });

        DeliveredPacket delivered = walk.Delivered.ShouldHaveSingleItem();
        delivered.Device!.Name.ShouldBe("lo");
        delivered.Mark.ShouldBe(7u);
        walk.Lives.Select(life => life.Cause).ShouldBe([LifeCause.Sent, LifeCause.LoopedBack]);
    }

    [Fact]
    public void Answer_ClosedPorts_AreRefusedAndOpenOnesAreNot()
    {
        NetworkNamespace host = FibTests.Router();
        host.AddSocket(new LocalSocket(17, 53));

        Packet reset = host.Receive("eth0", Packet.Tcp("10.0.0.2:1000", "10.0.0.1:80", TcpFlags.Syn)).Emitted.ShouldHaveSingleItem().Packet;
        Packet unreachable = host.Receive("eth0", Packet.Udp("10.0.0.2:1000", "10.0.0.1:54")).Emitted.ShouldHaveSingleItem().Packet;

        reset.ToString().ShouldContain("rst", Case.Insensitive);
        unreachable.Bytes[20..22].ToArray().ShouldBe([IcmpType.DestinationUnreachable, IcmpCode.PortUnreachable]);
        host.Receive("eth0", Packet.Udp("10.0.0.2:1000", "10.0.0.1:53")).Emitted.ShouldBeEmpty();
    }

    [Fact]
    public void IcmpErrors_ToOnePeer_AreSixAtOnceAndOneASecondAfter()
    {
        ManualTimeProvider clock = new();
        NetworkNamespace host = new("host", clock);
        host.AddInterface("eth0", "10.0.0.1/24");
        Packet packet = Packet.Udp("10.0.0.2:1000", "10.0.0.1:54");

        int Answers(int packets) => Enumerable.Range(0, packets).Sum(_ => host.Receive("eth0", packet).Emitted.Length);

        Answers(10).ShouldBe(6);
        clock.Advance(TimeSpan.FromSeconds(1));
        Answers(10).ShouldBe(1);
    }

    [Fact]
    public void Process_ForwardedPacket_AllocatesNothing()
    {
        NetworkNamespace host = FibTests.Router();
        NetDevice eth0 = host.Interface("eth0");
        byte[] packet = Packet.Udp("10.0.0.2:1000", "8.8.8.8:53").ToArray();
        for (int i = 0; i < 100; i++)
        {
            host.Process(eth0, packet, DiscardingSink.Instance);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            host.Process(eth0, packet, DiscardingSink.Instance);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Receive_AnyBytes_NeverThrows()
    {
        NetworkNamespace host = FibTests.Router();
        host.AddInterface("tap0", NetDeviceKind.Ethernet, "10.0.2.1/24", "fd00::1/64");
        host.Sysctls["net.ipv6.conf.all.forwarding"] = "1";
        Random random = new(4711);
        byte[][] seeds = [Packet.Udp("10.0.0.2:1", "10.0.0.1:1").ToArray(), Packet.Tcp("[fd00::2]:1", "[fd00::1]:1", TcpFlags.Syn).ToArray()];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. seeds[i & 1].AsSpan(0, random.Next(seeds[i & 1].Length + 1))];
            for (int j = random.Next(4); j > 0 && bytes.Length > 0; j--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
            if (bytes.Length >= 20 && bytes[0] >> 4 == 4 && (bytes[0] & 15) == 5)
            {
                (bytes[10], bytes[11]) = (0, 0);
                ushort sum = Checksum.Of(bytes.AsSpan(0, 20));
                (bytes[10], bytes[11]) = ((byte)(sum >> 8), (byte)sum);
            }
            byte[] header = [2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 9, (byte)random.Next(9), (byte)random.Next(256)];

            Should.NotThrow(() => host.Receive("eth0", Packet.Parse(bytes), WalkOptions.Unwatched));
            Should.NotThrow(() => host.ReceiveFrame("tap0", header, bytes, WalkOptions.Unwatched));
        }
    }

    [Fact]
    public void Fork_Changes_AreNotSeenByTheOther()
    {
        NetworkNamespace host = FibTests.Router();
        NetworkNamespace fork = host.Fork();
        fork.Routes.Remove("default via 10.0.1.254 dev eth1");
        fork.Sysctls["net.ipv4.ip_forward"] = "0";

        host.Receive("eth0", Packet.Udp("10.0.0.2:1", "8.8.8.8:1")).Emitted.Length.ShouldBe(1);
        fork.Receive("eth0", Packet.Udp("10.0.0.2:1", "8.8.8.8:1")).Emitted.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("070b04000000000000000000")]
    [InlineData("0707040000000000")]
    public void Forward_RecordedRoute_GetsTheAddressOfTheWayOut(string options)
    {
        NetworkNamespace host = FibTests.Router();
        byte[] packet = WithOptions(Packet.Udp("10.0.0.2:1000", "8.8.8.8:53").ToArray(), Convert.FromHexString(options));

        Packet emitted = host.Receive("eth0", Packet.Parse(packet)).Emitted.ShouldHaveSingleItem().Packet;

        emitted.Bytes[22].ShouldBe((byte)8, "the pointer stands behind the address");
        emitted.Bytes[23..27].ToArray().ShouldBe([10, 0, 1, 1]);
        Checksum.Of(emitted.Bytes[..(20 + (options.Length / 2))]).ShouldBe((ushort)0);
    }

    [Fact]
    public void Receive_BrokenOption_NamesTheByte()
    {
        byte[] packet = WithOptions(Packet.Udp("10.0.0.2:1000", "8.8.8.8:53").ToArray(), [7, 3, 2, 0]);

        Packet error = FibTests.Router().Receive("eth0", Packet.Parse(packet)).Emitted.ShouldHaveSingleItem().Packet;

        error.Bytes[20].ShouldBe(IcmpType.ParameterProblem);
        error.Bytes[24].ShouldBe((byte)22);
    }

    private static byte[] WithOptions(byte[] packet, byte[] options)
    {
        byte[] longer = [.. packet[..20], .. options, .. packet[20..]];
        longer[0] = (byte)(0x45 + (options.Length / 4));
        (longer[2], longer[3], longer[10], longer[11]) = ((byte)(longer.Length >> 8), (byte)longer.Length, 0, 0);
        ushort sum = Checksum.Of(longer.AsSpan(0, 20 + options.Length));
        (longer[10], longer[11]) = ((byte)(sum >> 8), (byte)sum);
        return longer;
    }
}
