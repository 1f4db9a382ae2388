using Netfilter.Sim.Kubernetes.Slices;

namespace Netfilter.Sim.Kubernetes.Tests.Slices;

public class WatchTrafficTests
{
    [Fact]
    public void WatchTraffic_TheKepsExample_HasItsFigures()
    {
        var traffic = new WatchTraffic(5000, 20_000, 100);

        traffic.CreationBytes.ShouldBe(10_000_000_000);
        traffic.CreationEventsAsSlices.ShouldBe(1_000_000);
        traffic.OneChangeBytesAsEndpoints.ShouldBe(10_000_000_000);
        traffic.OneChangeBytesAsSlices.ShouldBe(50_000_000);
        traffic.RollingUpdateBytesAsEndpoints.ShouldBe(200_000_000_000_000);
        traffic.RollingUpdateBytesAsSlices.ShouldBe(1_000_000_000_000);
    }

    [Fact]
    public void WatchTraffic_TheBlogsExample_HasItsFigures()
    {
        var traffic = new WatchTraffic(3000, 5000);

        traffic.EndpointsObjectBytes.ShouldBe(1_500_000);
        traffic.OneChangeBytesAsEndpoints.ShouldBe(4_500_000_000);
        traffic.OneChangeBytesAsSlices.ShouldBe(90_000_000);
        traffic.RollingUpdateBytesAsEndpoints.ShouldBe(22_500_000_000_000);
        traffic.RollingUpdateBytesAsSlices.ShouldBe(450_000_000_000);
    }

    [Fact]
    public void ToString_FiguresOfThe2020BlogPost_AreThoseOfTheBlogPost() => new WatchTraffic(3000, 5000).ToString().ShouldBe("""
        5000 endpoints in 50 slices, 3000 watchers
          create everything   4.5 GB either way, as 150000 events with slices
          one change          4.5 GB as Endpoints, 90 MB as slices
          rolling update      22.5 TB as Endpoints, 450 GB as slices

        """);
}
