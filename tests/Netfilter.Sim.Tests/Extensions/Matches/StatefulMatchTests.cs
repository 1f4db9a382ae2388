using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Extensions.Matches;

public class StatefulMatchTests
{
    private static readonly Packet Datagram = Packet.Udp("10.0.0.1:1000", "10.9.0.1:53");

    public static TheoryData<string> Stateful() =>
    [
        "limit --limit 1/hour --limit-burst 3",
        "recent --rcheck --hitcount 4 --name seen",
        "quota --quota 100",
        "hashlimit --hashlimit-upto 1/hour --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name h",
        "statistic --mode nth --every 3 --packet 0",
    ];

    [Theory]
    [InlineData("limit --limit 1/sec --limit-burst 3", 5, 3)]
    [InlineData("limit --limit 1/hour --limit-burst 5", 9, 5)]
    [InlineData("quota --quota 100", 9, 3)]
    [InlineData("quota ! --quota 100", 9, 6)]
    [InlineData("hashlimit --hashlimit-upto 1/sec --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name h", 5, 2)]
    [InlineData("hashlimit --hashlimit-above 1/sec --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name h", 5, 3)]
    [InlineData("recent --update --hitcount 3 --name seen", 5, 3)]
    [InlineData("recent ! --rcheck --hitcount 3 --name seen", 5, 2)]
    public void Packets_AtOneMoment_MatchAsOftenAsTheKernelLetsThem(string match, int packets, int matched)
    {
        NetworkNamespace host = Host(match, out _);
        Send(host, packets);
        Count(host).ShouldBe(matched);
    }

    [Theory]
    [InlineData("limit --limit 1/sec --limit-burst 1", 996, 1)]
    [InlineData("limit --limit 1/sec --limit-burst 1", 1000, 2)]
    [InlineData("hashlimit --hashlimit-upto 1/sec --hashlimit-burst 1 --hashlimit-name h", 996, 1)]
    [InlineData("hashlimit --hashlimit-upto 1/sec --hashlimit-burst 1 --hashlimit-name h", 1004, 2)]
    [InlineData("recent --rcheck --seconds 1 --hitcount 2 --name seen", 1000, 1)]
    [InlineData("recent --rcheck --seconds 1 --hitcount 2 --name seen", 1004, 0)]
    public void Packets_SomeTimeApart_MatchByTheKernelsTicks(string match, int milliseconds, int matched)
    {
        NetworkNamespace host = Host(match, out ManualTimeProvider clock);
        Send(host, 1);
        clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Send(host, 1);
        Count(host).ShouldBe(matched);
    }

    [Theory]
    [MemberData(nameof(Stateful))]
    public void Fork_UsedUp_LeavesTheOriginalAsItWas(string match)
    {
        NetworkNamespace host = Host(match, out _);
        NetworkNamespace twin = Host(match, out _);
        Send(host, 2);
        Send(twin, 2);
        Send(host.Fork(), 7);
        Send(host, 3);
        Send(twin, 3);
        Count(host).ShouldBe(Count(twin));
    }

    [Theory]
    [MemberData(nameof(Stateful))]
    public void Process_KnownFlow_AllocatesNothing(string match)
    {
        NetworkNamespace host = Host(match, out _);
        NetDevice device = host.Interface("a");
        byte[] bytes = Datagram.ToArray();
        for (int i = 0; i < 10; i++)
        {
            host.Process(device, bytes, DiscardingSink.Instance);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            host.Process(device, bytes, DiscardingSink.Instance);
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    /// <summary>A connection has no deadline before it is confirmed: its first packet counts as one with none left.</summary>
    [Theory]
    [InlineData("conntrack --ctexpire 0", 1)]
    [InlineData("conntrack --ctexpire 30", 2)]
    [InlineData("conntrack --ctexpire 0:30", 3)]
    [InlineData("conntrack ! --ctexpire 0", 2)]
    public void Conntrack_Expiry_IsZeroForTheFirstPacket(string match, int matched)
    {
        NetworkNamespace host = Host(match, out _);
        Send(host, 3);
        Count(host).ShouldBe(matched);
    }

    [Fact]
    public void Connlimit_Fork_GoesOnCountingWhatWasCounted()
    {
        NetworkNamespace host = Host("connlimit --connlimit-above 2 --connlimit-mask 24", out _);
        host.Receive("a", Packet.Udp("10.0.0.1:1000", "10.9.0.1:53"));
        host.Receive("a", Packet.Udp("10.0.0.1:1001", "10.9.0.1:53"));
        NetworkNamespace fork = host.Fork();
        foreach (NetworkNamespace each in new[] { fork, host })
        {
            Count(each).ShouldBe(0);
            each.Receive("a", Packet.Udp("10.0.0.1:1002", "10.9.0.1:53"));
            Count(each).ShouldBe(1);
        }
    }

    private static NetworkNamespace Host(string match, out ManualTimeProvider clock)
    {
        clock = new ManualTimeProvider();
        NetworkNamespace host = new("node", clock);
        host.AddInterface("a", NetDeviceKind.Tun, "10.0.0.254/24");
        host.AddInterface("b", NetDeviceKind.Tun, "10.9.0.254/24");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        new IptablesShell(host).Execute("iptables-restore", $"""
            *filter
            -A FORWARD -m recent --set --name seen
            -A FORWARD -m {match} -j RETURN
            COMMIT

            """).ExitCode.ShouldBe(0);
        return host;
    }

    private static void Send(NetworkNamespace host, int packets)
    {
        for (int i = 0; i < packets; i++)
        {
            host.Receive("a", Datagram);
        }
    }

    private static int Count(NetworkNamespace host)
    {
        string saved = new IptablesShell(host).Execute("iptables-save -c -t filter").Stdout;
        string line = saved.Split('\n').Single(text => text.EndsWith("-j RETURN", StringComparison.Ordinal));
        return int.Parse(line[1..line.IndexOf(':', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
    }
}
