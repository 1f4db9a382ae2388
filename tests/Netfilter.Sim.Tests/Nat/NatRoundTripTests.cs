using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Nat;

/// <summary>What a router with any mix of NAT rules sends out, answered: the client gets an answer to what it sent.</summary>
public sealed class NatRoundTripTests
{
    private static readonly string[] RulesV4 =
    [
        "nat -A POSTROUTING -o eth1 -j MASQUERADE",
        "nat -A POSTROUTING -o eth1 -j MASQUERADE --random-fully",
        "nat -A POSTROUTING -o eth1 -p tcp -j MASQUERADE --to-ports 40000-40999",
        "nat -A POSTROUTING -o eth1 -j SNAT --to-source 198.51.100.7",
        "nat -A POSTROUTING -o eth1 -j SNAT --to-source 198.51.100.16-198.51.100.31 --persistent",
        "nat -A POSTROUTING -o eth1 -p udp -j SNAT --to-source 198.51.100.7:600-700 --random",
        "nat -A POSTROUTING -s 10.0.0.0/24 -o eth1 -j NETMAP --to 198.51.100.0/24",
        "nat -A PREROUTING -i eth0 -j DNAT --to-destination 10.9.0.2",
        "nat -A PREROUTING -i eth0 -j DNAT --to-destination 10.9.0.2-10.9.0.9",
        "nat -A PREROUTING -i eth0 -p tcp -j DNAT --to-destination 10.9.0.2:8000-8009",
        "nat -A PREROUTING -i eth0 -p udp --dport 80 -j DNAT --to-destination :1080",
        "nat -A PREROUTING -d 203.0.113.0/24 -i eth0 -j NETMAP --to 10.9.0.0/24",
    ];

    private static readonly string[] RulesV6 =
    [
        "nat -A POSTROUTING -o eth1 -j MASQUERADE",
        "nat -A POSTROUTING -o eth1 -p tcp -j MASQUERADE --to-ports 40000-40999",
        "nat -A POSTROUTING -o eth1 -j SNAT --to-source 2001:db8:7::7",
        "nat -A POSTROUTING -o eth1 -j SNAT --to-source 2001:db8:7::10-2001:db8:7::1f",
        "nat -A POSTROUTING -s fd00::/64 -o eth1 -j NETMAP --to 2001:db8:7::/64",
        "nat -A PREROUTING -i eth0 -j DNAT --to-destination fd09::2",
        "nat -A PREROUTING -i eth0 -p udp -j DNAT --to-destination [fd09::2-fd09::9]:8000-8009",
        "nat -A PREROUTING -d 2001:db8::/64 -i eth0 -j NETMAP --to fd09::/64",
    ];

    // Without memory, so that it does not go together with the others.
    private static readonly string[] PrefixTranslation =
    [
        "mangle -A POSTROUTING -s fd00::/64 -o eth1 -j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8:7::/64",
        "mangle -A PREROUTING -d 2001:db8:7::/64 -i eth1 -j DNPT --src-pfx 2001:db8:7::/64 --dst-pfx fd00::/64",
    ];

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void Answer_ToWhatNatSentOut_ComesBackAsTheAnswerToTheOriginal(IpFamily family)
    {
        int translated = 0;
        string[] all = family == IpFamily.IPv4 ? RulesV4 : RulesV6;
        PropertyCheck.ForAll(
            from rules in Gen.SubListOf(all).Select(list => list.ToArray())
            from isPrefixOnly in Gen.Elements(false, false, false, true)
            from packets in Packet(family).ArrayOf(6)
            select (isPrefixOnly && family == IpFamily.IPv6 ? PrefixTranslation : rules, packets),
            drawn =>
            {
                (string[] rules, Packet[] packets) = drawn;
                NetworkNamespace host = Router(family, rules);
                foreach (Packet packet in packets)
                {
                    // Two clients that only their addresses tell apart cannot have one translation: the second is dropped.
                    if (host.Receive("eth0", packet).Emitted is not [{ Device.Name: "eth1" } sent])
                    {
                        continue;
                    }
                    translated += sent.Packet.Source != packet.Source || sent.Packet.Destination != packet.Destination ? 1 : 0;
                    Walk back = host.Receive("eth1", Replies.To(sent.Packet));
                    back.Emitted.Length.ShouldBe(1, back.Explain());
                    back.Emitted[0].Device.Name.ShouldBe("eth0", $"{packet} as {sent.Packet}");
                    back.Emitted[0].Packet.Defect.ShouldBe(PacketDefect.None);
                    WithoutTtl(back.Emitted[0].Packet).ShouldBe(WithoutTtl(Replies.To(packet)));
                }
            },
            count: 300);
        translated.ShouldBeGreaterThan(500);
    }

    private static Gen<Packet> Packet(IpFamily family)
    {
        (string client, string server) = family == IpFamily.IPv4 ? ("10.0.0.", "203.0.113.") : ("fd00::", "2001:db8::");
        return
            from builder in PacketGenerators.Builder(family)
            from protocol in Gen.Elements<byte>(6, 17, 33, 50, 253, family == IpFamily.IPv4 ? (byte)1 : (byte)58)
            from host in Gen.Choose(2, 5)
            from to in Gen.Choose(2, 5)
            from sourcePort in Gen.Elements<ushort>(1000, 5000, 40000)
            from port in Gen.Elements<ushort>(53, 80)
            select (builder with
            {
                Source = NetAddress.Parse($"{client}{host}"),
                Destination = NetAddress.Parse($"{server}{to}"),
                Protocol = protocol,
                SourcePort = sourcePort,
                DestinationPort = port,
                TcpFlags = TcpFlags.Syn,
                // An echo reply of zeros alone leaves Linux with a checksum of 0 in place of 0xffff, which its receiver calls wrong.
                IcmpRest = (uint)sourcePort << 16,
                IcmpType = family == IpFamily.IPv4 ? (byte)8 : (byte)128,
                Ttl = 64,
                Options = [],
                Extensions = [],
            }).Build();
    }

    private static NetworkNamespace Router(IpFamily family, string[] rules)
    {
        NetworkNamespace host = new("router");
        host.AddInterface("eth0", NetDeviceKind.Tun, "10.0.0.1/24", "fd00::1/64");
        host.AddInterface("eth1", NetDeviceKind.Tun, "10.9.0.1/24", "fd09::1/64");
        host.Routes.Add("default via 10.9.0.254 dev eth1");
        host.Routes.Add("default via fd09::fe dev eth1");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        host.Sysctls["net.ipv6.conf.all.forwarding"] = "1";
        IptablesShell shell = new(host);
        foreach (string rule in rules)
        {
            ShellResult result = shell.Execute($"{(family == IpFamily.IPv4 ? "iptables" : "ip6tables")} -t {rule}");
            result.ExitCode.ShouldBe(0, rule + result.Stderr);
        }
        return host;
    }

    private static Packet WithoutTtl(Packet packet)
    {
        byte[] bytes = packet.ToArray();
        bytes[packet.Family == IpFamily.IPv4 ? 8 : 7] = 64;
        return Netfilter.Sim.Packets.Packet.Parse(bytes).WithValidChecksums();
    }
}
