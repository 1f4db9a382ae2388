using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Tests.KubeProxy;

public class KubeProxierSettingsTests
{
    private static readonly Node Node = new()
    {
        Metadata = new ObjectMeta { Name = "n1" },
        PodCIDRs = ["10.244.1.0/24", "fd00:10:244:1::/64"],
        Addresses = [new NodeAddress("InternalIP", "172.18.0.3"), new NodeAddress("InternalIP", "fc00::3")],
    };

    [Fact]
    public void From_ClusterCIDR_TakesTheNetworkOfTheFamily()
    {
        var configuration = new KubeProxyConfiguration { ClusterCIDR = "10.244.0.0/16, FD00:10:244:0::/56" };

        KubeProxierSettings.From(configuration, Node, IPFamily.IPv6).LocalDetection
            .ShouldBe(new LocalDetection(LocalDetectionMode.ClusterCIDR, "fd00:10:244::/56"));
        KubeProxierSettings.From(configuration, Node, IPFamily.IPv4).NodeIP.ShouldBe("172.18.0.3");
    }

    [Fact]
    public void From_NodeCIDR_TakesTheNodesNetwork() =>
        KubeProxierSettings.From(new KubeProxyConfiguration { DetectLocalMode = "NodeCIDR" }, Node, IPFamily.IPv4)
            .LocalDetection.LocalMatch.ShouldBe("-s 10.244.1.0/24");

    [Fact]
    public void From_PrimaryNodePortAddresses_BecomeTheNodesAddresses() =>
        KubeProxierSettings.From(new KubeProxyConfiguration { NodePortAddresses = ["primary"] }, Node, IPFamily.IPv4)
            .NodePortAddresses.ShouldBe(["172.18.0.3/32", "fc00::3/128"]);

    [Theory]
    [InlineData(14, "0x00004000")]
    [InlineData(31, "0x80000000")]
    [InlineData(0, "0x00000001")]
    public void MasqueradeMark_OfABit_HasEightDigits(int bit, string mark) =>
        new KubeProxierSettings { MasqueradeBit = bit }.MasqueradeMark.ShouldBe(mark);
}
