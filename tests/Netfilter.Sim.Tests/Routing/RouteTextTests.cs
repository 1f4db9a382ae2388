using Netfilter.Sim.Addressing;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Tests.Routing;

public class RouteTextTests
{
    [Theory]
    [InlineData("default via 192.168.1.1 dev eth0", "default via 192.168.1.1 dev eth0")]
    [InlineData("10/8 dev eth0 scope link src 10.0.0.1", "10.0.0.0/8 dev eth0 scope link src 10.0.0.1")]
    [InlineData("10.1.2.3 via inet 10.0.0.9 dev eth0 metric 7 realm 3/4", "10.1.2.3 via 10.0.0.9 dev eth0 realm 3/4 metric 7")]
    [InlineData("local 0.0.0.0/0 dev lo table 100", "local default dev lo table 100 scope host")]
    [InlineData("blackhole 10.0.0.0/8 table 9", "blackhole 10.0.0.0/8 table 9")]
    [InlineData("fd00::/8 via fe80::1 dev eth0 mtu lock 1400 onlink", "fd00::/8 via fe80::1 dev eth0 mtu 1400 onlink")]
    public void Route_Text_IsReadAndPrintedAsIpRouteDoes(string text, string printed)
    {
        Route route = Route.Parse(text);

        route.ToString().ShouldBe(printed);
        Route.Parse(printed).ShouldBe(route);
    }

    [Theory]
    [InlineData("default nexthop via 1.2.3.4")]
    [InlineData("default via")]
    [InlineData("10.0.0.0/33 dev eth0")]
    [InlineData("")]
    public void Route_NoRoute_IsAFormatException(string text) => Should.Throw<FormatException>(() => Route.Parse(text));

    [Theory]
    [InlineData("fwmark 1 lookup 100", "0:\tfrom all fwmark 0x1 lookup 100")]
    [InlineData("from 10.0.0.0/8 to 10.1.0.0/16 iif eth0 priority 5 table main", "5:\tfrom 10.0.0.0/8 to 10.1.0.0/16 iif eth0 lookup main")]
    [InlineData("not fwmark 0x10/0xf0 unreachable", "0:\tnot from all fwmark 0x10/0xf0 unreachable")]
    [InlineData("ipproto tcp dport 80-90 lookup 7", "0:\tfrom all ipproto tcp dport 80-90 lookup 7")]
    public void Rule_Text_IsReadAndPrintedAsIpRuleDoes(string text, string printed) =>
        PolicyRule.Parse(text).ToString().ShouldBe(printed);

    [Fact]
    public void Rule_WithoutPriority_GoesBeforeTheLowestAfterTheLocalTable()
    {
        NetworkNamespace host = new("host");
        host.Rules.Add("fwmark 1 lookup 100");
        host.Rules.Add("fwmark 2 lookup 200");

        host.Rules.Where(rule => rule.Family == IpFamily.IPv4).Select(rule => rule.Priority)
            .ShouldBe([0u, 32764u, 32765u, 32766u, 32767u]);
    }
}
