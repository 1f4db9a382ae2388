using Netfilter.Sim.Addressing;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Tests.Routing;

public class SysctlTests
{
    [Fact]
    public void IpForward_Switched_SwitchesEveryInterfaceAndDefault()
    {
        NetworkNamespace host = new("host");
        host.AddInterface("eth0");
        host.Sysctls["net.ipv4.ip_forward"] = "1";
        host.AddInterface("eth1");

        host.Sysctls["net.ipv4.conf.eth0.forwarding"].ShouldBe("1");
        host.Sysctls["net.ipv4.conf.eth1.forwarding"].ShouldBe("1", "a new interface takes default's");
        host.Sysctls["net.ipv4.conf.all.forwarding"].ShouldBe("1");
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 2, 2)]
    [InlineData(2, 1, 2)]
    public void RpFilter_AllAndInterface_TheStricterNumberHolds(int all, int own, int expected)
    {
        NetworkNamespace host = new("host");
        NetDevice eth0 = host.AddInterface("eth0");
        host.Sysctls["net.ipv4.conf.all.rp_filter"] = $"{all}";
        host.Sysctls["net.ipv4.conf.eth0.rp_filter"] = $"{own}";

        host.Fib.Flags(eth0).RpFilter.ShouldBe(expected);
    }

    [Fact]
    public void AcceptSourceRoute_AllAndInterface_BothHaveToAllow()
    {
        NetworkNamespace host = new("host");
        NetDevice eth0 = host.AddInterface("eth0");
        host.Fib.Flags(eth0).AcceptsSourceRouteIPv4.ShouldBeTrue();

        host.Sysctls["net.ipv4.conf.all.accept_source_route"] = "0";

        host.Fib.Flags(eth0).AcceptsSourceRouteIPv4.ShouldBeFalse();
    }

    [Theory]
    [InlineData("net.ipv4.no_such_key")]
    [InlineData("net.ipv4.conf.eth9.rp_filter")]
    [InlineData("net.ipv4.conf.rp_filter")]
    [InlineData("kernel.hostname")]
    public void Key_Unknown_SaysSo(string key)
    {
        NetworkNamespace host = new("host");

        Should.Throw<KeyNotFoundException>(() => host.Sysctls[key]).Message.ShouldContain(key);
        Should.Throw<KeyNotFoundException>(() => host.Sysctls[key] = "1");
    }

    [Theory]
    [InlineData("net.ipv4.ip_default_ttl", "0")]
    [InlineData("net.ipv4.ip_default_ttl", "256")]
    [InlineData("net.ipv4.ip_forward", "yes")]
    public void Value_NotTaken_IsAnArgumentException(string key, string value) =>
        Should.Throw<ArgumentException>(() => new NetworkNamespace("host").Sysctls[key] = value);

    [Fact]
    public void Key_WithSlashes_NamesAnInterfaceWithADot()
    {
        NetworkNamespace host = new("host");
        host.AddInterface("eth0.100");
        host.Sysctls["net/ipv4/conf/eth0.100/rp_filter"] = "1";

        host.Sysctls["net.ipv4.conf.eth0/100.rp_filter"].ShouldBe("1");
        host.Configuration.Sysctls.Of(IpFamily.IPv4, "eth0.100", DeviceSysctl.RpFilter).ShouldBe(1);
    }

    [Fact]
    public void ConntrackKey_IsConntracks()
    {
        NetworkNamespace host = new("host");
        host.Sysctls["net.netfilter.nf_conntrack_udp_timeout"] = "77";

        host.ConntrackSettings.TryGet("net.netfilter.nf_conntrack_udp_timeout", out int seconds).ShouldBeTrue();
        seconds.ShouldBe(77);
    }
}
