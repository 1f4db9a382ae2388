using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Tracing;

/// <summary>Random rulesets of all extensions, random flows and packets of any bytes: nothing throws, and nothing is counted or told that does not follow.</summary>
public sealed class WalkDerivationTests
{
    private const int Rules = 14;

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void Walks_RulesOfAllExtensions_CountersTraceAndFateFollowFromTheAnswers(IpFamily family)
    {
        Dictionary<string, int> asked = [];
        int matched = 0, traced = 0;
        PropertyCheck.ForAll(
            from seed in Gen.Choose(1, int.MaxValue)
            from packets in Packet(family).ArrayOf(10)
            select ((ulong)seed, packets),
            drawn =>
            {
                (ulong seed, Packet[] packets) = drawn;
                NetworkNamespace watched = Host(new SeededSampleSource(seed, family));
                NetworkNamespace[] others = [watched.Fork(), watched.Fork()];
                WalkDerivation derivation = new(watched.Ruleset(family));
                Queue<(string Device, Packet Packet)> flow = new(packets.Select(packet => ("eth0", packet)));
                while (flow.TryDequeue(out (string Device, Packet Packet) next))
                {
                    Walk walk = Pass(watched, next, WalkOptions.Default);
                    List<string> lines = derivation.Follow(walk);
                    walk.TraceLines.ShouldBe(lines);
                    traced += lines.Count;
                    Pass(others[0], next, WalkOptions.Unwatched).ShouldAgreeWith(walk);
                    Pass(others[1], next, WalkOptions.Unwatched with { IsLinear = true }).ShouldAgreeWith(walk);
                    if (next.Device == "eth0" && walk.Emitted is [{ Device.Name: "eth1" } left])
                    {
                        flow.Enqueue(("eth1", Replies.To(left.Packet)));
                    }
                }
                foreach (Table table in watched.Ruleset(family).Tables)
                {
                    foreach (Chain chain in table.Chains)
                    {
                        for (int i = 0; i < chain.Rules.Count; i++)
                        {
                            chain.Rules.CountersOf(i).ShouldBe(derivation.CountersOf(table.Name, chain.Name, i), $"{table.Name}/{chain.Name} rule {i + 1}");
                        }
                        chain.PolicyCounters.ShouldBe(derivation.CountersOf(table.Name, chain.Name, chain.Rules.Count), $"{table.Name}/{chain.Name}");
                    }
                }
                foreach (NetworkNamespace other in others)
                {
                    other.Save(counters: true, family).ShouldBe(watched.Save(counters: true, family));
                    other.Conntrack.Select(entry => entry.ToString()).ShouldBe(watched.Conntrack.Select(entry => entry.ToString()));
                }
                matched += derivation.Matched;
                foreach ((string name, int count) in derivation.Asked)
                {
                    asked[name] = asked.GetValueOrDefault(name) + count;
                }
            },
            count: 200);

        string[] expected = [.. ExtensionRegistry.Default.All
            .Where(extension => extension.IsFor(family) && extension.InKernel && extension.Name != "SECMARK").Select(extension => extension.Name)];
        expected.Except(asked.Keys).ShouldBeEmpty();
        matched.ShouldBeGreaterThan(5000);
        traced.ShouldBeGreaterThan(2000);
    }

    // Half of them from flows that are forwarded, half anything at all.
    private static Gen<Packet> Packet(IpFamily family)
    {
        (string client, string server) = family == IpFamily.IPv4 ? ("10.0.0.", "10.9.0.") : ("fd00::", "fd09::");
        Gen<Packet> flow =
            from builder in PacketGenerators.Builder(family)
            from host in Gen.Choose(2, 4)
            from to in Gen.Choose(2, 4)
            from port in Gen.Elements<ushort>(21, 53, 80, 1000)
            from opens in Gen.Elements(true, false, false)
            select (builder with
            {
                Source = NetAddress.Parse($"{client}{host}"),
                Destination = NetAddress.Parse($"{server}{to}"),
                DestinationPort = port,
                Protocol = opens ? IpProtocols.Tcp : builder.Protocol,
                TcpFlags = opens ? TcpFlags.Syn : builder.TcpFlags,
                Ttl = 64,
            }).Build();
        return Gen.OneOf(flow, PacketGenerators.Any());
    }

    private static NetworkNamespace Host(SeededSampleSource source)
    {
        NetworkNamespace host = new("random");
        host.AddInterface("eth0", NetDeviceKind.Tun, "10.0.0.1/24", "fd00::1/64");
        host.AddInterface("eth1", NetDeviceKind.Tun, "10.9.0.1/24", "fd09::1/64");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        host.Sysctls["net.ipv6.conf.all.forwarding"] = "1";
        RulesetSamples.Fill(host, source, Rules);
        string tool = source.Family == IpFamily.IPv4 ? "iptables" : "ip6tables";
        IptablesShell shell = new(host);
        shell.Execute($"{tool} -t raw -I PREROUTING -j TRACE").ExitCode.ShouldBe(0);
        shell.Execute($"{tool} -P FORWARD {(source.Next(4) == 0 ? "DROP" : "ACCEPT")}").ExitCode.ShouldBe(0);
        return host;
    }

    private static Walk Pass(NetworkNamespace host, (string Device, Packet Packet) next, WalkOptions options) =>
        host.Receive(next.Device, next.Packet, options);
}

/// <summary>What two walks of the same packet must have in common.</summary>
internal static class WalkAgreement
{
    public static void ShouldAgreeWith(this Walk walk, Walk other)
    {
        walk.Lives.Select(life => $"{life.Cause}: {life.Fate}").ShouldBe(other.Lives.Select(life => $"{life.Cause}: {life.Fate}"));
        walk.Emitted.Select(left => $"{left.Device.Name} {left.Packet}").ShouldBe(other.Emitted.Select(left => $"{left.Device.Name} {left.Packet}"));
        walk.Delivered.Select(local => $"{local.Mark} {local.Packet}").ShouldBe(other.Delivered.Select(local => $"{local.Mark} {local.Packet}"));
        walk.TraceLines.ShouldBe(other.TraceLines);
        walk.Log.ShouldBe(other.Log);
    }
}
