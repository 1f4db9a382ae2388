using Netfilter.Sim.Addressing;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Tests.Routing;

public class FibTests
{
    [Theory]
    [InlineData("10.0.0.1", "local dev eth0")]
    [InlineData("10.0.0.255", "broadcast dev eth0")]
    [InlineData("10.0.0.0", "unicast dev eth0")]
    [InlineData("10.0.0.77", "unicast dev eth0")]
    [InlineData("10.1.2.3", "unicast dev eth1 via 10.0.1.9")]
    [InlineData("10.1.2.4", "unicast dev eth0 via 10.0.0.9")]
    [InlineData("8.8.8.8", "unicast dev eth1 via 10.0.1.254")]
    [InlineData("198.18.0.1", "unreachable")]
    [InlineData("198.18.1.1", "prohibit")]
    [InlineData("127.1.2.3", "local dev lo")]
    [InlineData("192.0.2.1", "unicast dev eth1 via 10.0.1.254")]
    public void Lookup_ManyPrefixes_LongestOneWins(string destination, string expected)
    {
        NetworkNamespace host = Router();
        host.Routes.Add("10.1.0.0/16 via 10.0.0.9 dev eth0");
        host.Routes.Add("10.1.2.3/32 via 10.0.1.9 dev eth1");
        host.Routes.Add("unreachable 198.18.0.0/24");
        host.Routes.Add("prohibit 198.18.1.0/24");
        host.Routes.Add("throw 192.0.2.0/24");

        RouteResult route = host.Fib.Lookup(new RouteKey { Destination = destination, InIndex = 1 });

        if (destination == "192.0.2.1")
        {
            route.Type.ShouldBe(RouteType.Unspecified, "a throw ends the look-up of the main table, and no other follows");
            return;
        }
        Describe(route).ShouldBe(expected);
    }

    [Fact]
    public void Lookup_SamePrefix_LowerMetricThenOlderWins()
    {
        NetworkNamespace host = Router();
        host.Routes.Add("172.16.0.0/12 via 10.0.0.7 dev eth0 metric 20");
        host.Routes.Add("172.16.0.0/12 via 10.0.1.7 dev eth1 metric 10");
        host.Routes.Add("172.16.0.0/12 via 10.0.0.8 dev eth0 metric 10 tos 0x10");

        Describe(host.Fib.Lookup(new RouteKey { Destination = "172.16.1.1", InIndex = 1 })).ShouldBe("unicast dev eth1 via 10.0.1.7");
        Describe(host.Fib.Lookup(new RouteKey { Destination = "172.16.1.1", InIndex = 1, Tos = 0x10 })).ShouldBe("unicast dev eth0 via 10.0.0.8");
        Should.Throw<InvalidOperationException>(() => host.Routes.Add("172.16.0.0/12 via 10.0.0.9 dev eth0 metric 20"))
            .Message.ShouldBe("RTNETLINK answers: File exists");
    }

    [Theory]
    [InlineData("fwmark 1 lookup 100", 1u, "unicast dev eth0 via 10.0.0.50")]
    [InlineData("fwmark 1 lookup 100", 2u, "unicast dev eth1 via 10.0.1.254")]
    [InlineData("fwmark 0x10/0xf0 lookup 100", 0x1fu, "unicast dev eth0 via 10.0.0.50")]
    [InlineData("not fwmark 1 lookup 100", 2u, "unicast dev eth0 via 10.0.0.50")]
    [InlineData("from 192.0.2.0/24 lookup 100", 0u, "unicast dev eth0 via 10.0.0.50")]
    [InlineData("from 192.0.3.0/24 lookup 100", 0u, "unicast dev eth1 via 10.0.1.254")]
    [InlineData("to 8.8.0.0/16 prohibit", 0u, "prohibit")]
    [InlineData("iif eth1 lookup 100", 0u, "unicast dev eth1 via 10.0.1.254")]
    [InlineData("iif eth0 lookup 100", 0u, "unicast dev eth0 via 10.0.0.50")]
    [InlineData("lookup 100 suppress_prefixlength 0", 0u, "unicast dev eth1 via 10.0.1.254")]
    [InlineData("lookup 4711", 0u, "unicast dev eth1 via 10.0.1.254")]
    public void Lookup_PolicyRule_ChoosesTheTable(string rule, uint mark, string expected)
    {
        NetworkNamespace host = Router();
        host.Routes.Add("default via 10.0.0.50 dev eth0 table 100");
        host.Rules.Add(rule);

        RouteResult route = host.Fib.Lookup(new RouteKey
        {
            Destination = "8.8.8.8",
            Source = "192.0.2.7",
            InIndex = host.Interface("eth0").Index,
            Mark = mark,
        });

        Describe(route).ShouldBe(expected);
    }

    [Fact]
    public void Lookup_GotoRule_PassesOverTheRulesBetween()
    {
        NetworkNamespace host = Router();
        host.Rules.Add("priority 100 goto 300");
        host.Rules.Add("priority 200 prohibit");
        host.Rules.Add("priority 300 nop");

        Describe(host.Fib.Lookup(new RouteKey { Destination = "8.8.8.8", InIndex = 1 })).ShouldBe("unicast dev eth1 via 10.0.1.254");
    }

    [Theory]
    [InlineData("10.0.0.1", RouteType.Local)]
    [InlineData("10.0.0.255", RouteType.Broadcast)]
    [InlineData("255.255.255.255", RouteType.Broadcast)]
    [InlineData("0.0.0.0", RouteType.Broadcast)]
    [InlineData("0.1.2.3", RouteType.Unicast)]
    [InlineData("10.0.0.0", RouteType.Unicast)]
    [InlineData("224.0.0.1", RouteType.Multicast)]
    [InlineData("127.3.4.5", RouteType.Local)]
    [InlineData("8.8.8.8", RouteType.Unicast)]
    public void AddressType_OfEachKind_IsTheKernels(string address, RouteType expected) =>
        Router().Fib.AddressTypeV4(NetAddress.Parse(address).IPv4Bits).ShouldBe(expected);

    [Fact]
    public void LinkDown_RoutesByTheInterface_GoAndOnlyTheKernelsComeBack()
    {
        NetworkNamespace host = Router();
        host.AddAddress("eth1", "2001:db8::1/64");

        host.SetDown("eth1");

        host.Fib.Lookup(new RouteKey { Destination = "8.8.8.8", InIndex = 1 }).Type.ShouldBe(RouteType.Unspecified);
        host.Fib.AddressTypeV4(NetAddress.Parse("10.0.1.1").IPv4Bits).ShouldBe(RouteType.Local, "an IPv4 address stays the host's");
        host.Fib.OwnsAddress("2001:db8::1").ShouldBeFalse("IPv6 addresses go with the link");

        host.SetUp("eth1");

        Describe(host.Fib.Lookup(new RouteKey { Destination = "10.0.1.7", InIndex = 1 })).ShouldBe("unicast dev eth1");
        host.Fib.Lookup(new RouteKey { Destination = "8.8.8.8", InIndex = 1 }).Type.ShouldBe(RouteType.Unspecified);
    }

    [Theory]
    [InlineData("10.0.1.77", "10.0.1.1")]
    [InlineData("10.0.2.77", "10.0.2.1")]
    [InlineData("8.8.8.8", "10.0.1.1")]
    public void SelectSource_SeveralAddresses_TheOneOnTheNextHopsNetwork(string nextHop, string expected)
    {
        NetworkNamespace host = Router();
        host.AddAddress("eth1", "10.0.1.2/24");
        host.AddAddress("eth1", "10.0.2.1/24");

        host.Fib.SelectSourceV4(host.Interface("eth1"), nextHop, RouteScope.Universe).ShouldBe(expected);
    }

    [Theory]
    [InlineData("2001:db8:9::1", "2001:db8:2::1")]
    [InlineData("2001:db8:1::9", "2001:db8:1::1")]
    [InlineData("fd00::9", "fd00::1")]
    [InlineData("fe80::9", "fe80::1")]
    [InlineData("2001:db8:2::2", "2001:db8:2::1")]
    public void SelectSourceV6_SeveralAddresses_ScopeThenLabelThenPrefix(string destination, string expected)
    {
        NetworkNamespace host = new("host");
        host.AddInterface("eth0", "fe80::1/64", "fd00::1/64", "2001:db8:1::1/64", "2001:db8:2::1/64");

        host.Fib.SelectSourceV6(host.Interface("eth0"), destination).ShouldBe(expected);
    }

    internal static NetworkNamespace Router()
    {
        NetworkNamespace host = new("router");
        host.AddInterface("eth0", "10.0.0.1/24");
        host.AddInterface("eth1", "10.0.1.1/24");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        host.Routes.Add("default via 10.0.1.254 dev eth1");
        return host;
    }

    private static string Describe(RouteResult route)
    {
        string device = route.Device is null ? "" : $" dev {route.Device}";
        string gateway = route.Gateway is null ? "" : $" via {route.Gateway}";
        return route.Type.ToString().ToLowerInvariant() + device + gateway;
    }
}
