using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.TestKit.Kernel;
using Netfilter.Sim.TestKit.Live;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Conformance.Live;

/// <summary>What the live comparison draws, as far as it can be tested without a kernel.</summary>
public sealed class LiveRulesetTests
{
    private static readonly HashSet<string> None = [];

    [Fact]
    public void Lines_ManySeeds_AreRestoredWithoutWordsOfChance()
    {
        int rules = 0;
        foreach ((LiveSource source, LiveTopology topology) in Hosts(40))
        {
            LiveRuleset ruleset = new(source, topology, "token", countsConnections: true, None);
            IptablesShell shell = new(new NetworkNamespace("restored"));
            shell.Execute("ipset restore", Text(ruleset.Ipsets)).ExitCode.ShouldBe(0);
            ShellResult result = shell.Execute(topology.IsIPv6 ? "ip6tables-restore" : "iptables-restore", Text(ruleset.Lines));

            result.ExitCode.ShouldBe(0, result.Stderr);
            ruleset.Lines.ShouldNotContain(line => line.Contains("--random", StringComparison.Ordinal));
            rules += ruleset.Lines.Count(line => line.StartsWith('-'));
        }
        rules.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void Lines_ManySeeds_UseNoExtensionThatIsLeftOut()
    {
        foreach ((LiveSource source, LiveTopology topology) in Hosts(40))
        {
            LiveRuleset ruleset = new(source, topology, "token", countsConnections: false, None);
            foreach (string name in LeftOut.Extensions.Keys.Append("connlimit"))
            {
                ruleset.Lines.ShouldNotContain(line => $"{line} ".Contains($" -m {name} ") || $"{line} ".Contains($" -j {name} "), name);
            }
        }
    }

    [Fact]
    public void LeftOut_Names_AreThoseOfExtensions()
    {
        HashSet<string> known = [.. ExtensionRegistry.Default.All.Select(extension => extension.Name), "l2tp"];

        LeftOut.Extensions.Keys.Concat(LeftOut.RandomOptions.Keys).ShouldAllBe(name => known.Contains(name));
        LeftOut.Extensions.Keys.Intersect(LeftOut.RandomOptions.Keys).ShouldBeEmpty();
    }

    [Fact]
    public void Next_ManyPackets_AreDrawnAgainByTheSameSeed()
    {
        foreach ((LiveSource source, LiveTopology topology) in Hosts(6))
        {
            List<string> first = Packets(source, topology), second = Packets(Hosts(6).First(host => host.Topology.Own[0] == topology.Own[0]).Source, topology);

            first.ShouldBe(second);
            first.Distinct().Count().ShouldBeGreaterThan(20);
        }
    }

    private static List<string> Packets(LiveSource source, LiveTopology topology)
    {
        LiveTraffic traffic = new(source, topology);
        List<string> packets = [];
        for (int i = 0; i < 30; i++)
        {
            KernelStep step = traffic.Next(out LiveFlow? flow);
            flow?.Hear(step, new KernelStepExpect { Emitted = [new KernelPacket("eth1") { PacketHex = step.PacketHex! }] });
            packets.Add(step.PacketHex!);
        }
        return packets;
    }

    private static IEnumerable<(LiveSource Source, LiveTopology Topology)> Hosts(int count)
    {
        for (int seed = 0; seed < count; seed++)
        {
            LiveSource source = new((ulong)seed, seed % 2 == 0 ? IpFamily.IPv4 : IpFamily.IPv6);
            yield return (source, LiveTopology.Make(source));
        }
    }

    private static string Text(IReadOnlyList<string> lines) => string.Concat(lines.Select(line => line + "\n"));
}
