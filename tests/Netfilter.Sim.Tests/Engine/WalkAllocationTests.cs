using System.Globalization;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Engine;

public class WalkAllocationTests
{
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
