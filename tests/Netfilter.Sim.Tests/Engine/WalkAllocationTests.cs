using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Engine;

public class WalkAllocationTests
{
    [Fact]
    public void Process_EstablishedFlowWithNat_AllocatesNothing()
    {
        NetworkNamespace host = new("node");
        NetDevice pods = host.AddInterface("pods", NetDeviceKind.Tun, "10.0.0.254/24");
        host.AddInterface("others", NetDeviceKind.Tun, "10.9.0.254/24");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        new IptablesShell(host).Execute("iptables-restore", """
            *nat
            -A PREROUTING -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.9.0.1:8080
            -A POSTROUTING -j MASQUERADE
            COMMIT
            *filter
            -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            COMMIT

            """).ExitCode.ShouldBe(0);
        Packet syn = Packet.Tcp("10.0.0.1:40000", "10.96.0.10:80", TcpFlags.Syn);
        Packet ack = Packet.Tcp("10.0.0.1:40000", "10.96.0.10:80", TcpFlags.Ack);
        Walk opened = host.Receive("pods", syn);
        Packet sent = opened.Emitted[0].Packet;
        host.Receive("others", Packet.Tcp(
            new NetEndpoint(sent.Destination, 8080), new NetEndpoint(sent.Source, sent.SourcePort!.Value), TcpFlags.Syn | TcpFlags.Ack))
            .Emitted[0].Packet.Source.ShouldBe((NetAddress)"10.96.0.10");
        byte[] bytes = ack.ToArray();
        for (int i = 0; i < 10; i++)
        {
            host.Process(pods, bytes, DiscardingSink.Instance).Kind.ShouldBe(FateKind.Forwarded);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            host.Process(pods, bytes, DiscardingSink.Instance);
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Walk_Unwatched_AllocatesNothing()
    {
        List<string> lines = ["FORWARD j=services", "FORWARD limit=5", "services"];
        for (int i = 1; i <= 100; i++)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"services d=10.9.0.{i} p=tcp comment=x dport=80 j=end"));
        }
        lines.Add("end i=eth0 j=DROP");
        TableBench bench = new();
        bench.Load(RuleLines.Filter([.. lines]));
        PacketBuffer buffer = new();
        WalkContext walk = bench.Host.Context;
        byte[] hit = Packet.Tcp("10.0.0.1:40000", "10.9.0.50:80", TcpFlags.Syn).ToArray();
        byte[] miss = Packet.Udp("10.0.0.1:40000", "10.8.0.50:80").ToArray();
        TableInstance filter = bench.Filter;
        Pass(10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Pass(1000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        bench.Counters("end").ShouldBe("[1010:40400]");

        void Pass(int times)
        {
            for (int i = 0; i < times * 2; i++)
            {
                buffer.Load(i % 2 == 0 ? hit : miss);
                (buffer.InDevice, buffer.OutDevice) = (TableBench.Eth0, TableBench.Eth1);
                walk.Begin(0, DiscardingSink.Instance);
                int outer = walk.BeginLife(LifeCause.Received, buffer);
                Verdict verdict = filter.Walk(Hook.Forward, buffer, walk);
                walk.EndLife(outer, verdict == Verdict.Accept ? Fate.Forwarded(TableBench.Eth1) : walk.TakeFate(verdict));
                walk.End();
            }
        }
    }
}
