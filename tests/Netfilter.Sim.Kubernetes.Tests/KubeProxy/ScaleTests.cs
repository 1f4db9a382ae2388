using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Tests.KubeProxy;

public class ScaleTests
{
    [Fact]
    public void PartialSync_OfOneServiceAmongThousands_AllocatesLittleAndWritesLittle()
    {
        KubeProxier proxier = Make.Proxier(Make.Settings with { LargeClusterEndpointsThreshold = int.MaxValue });
        for (int i = 0; i < 2000; i++)
        {
            Service service = Make.Service($"svc-{i}");
            string ip = $"10.97.{i / 250}.{(i % 250) + 1}";
            proxier.Apply(service with { Spec = service.Spec with { ClusterIP = ip } });
            proxier.Apply(Make.Slice($"svc-{i}", $"10.244.{i / 250}.1", $"10.244.{i / 250}.2", $"10.244.{i / 250}.3"));
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        int fullLength = proxier.Sync().Payload.Text.Length;
        long fullBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        proxier.Apply(Make.Slice("svc-777", "10.244.9.9", "10.244.3.2", "10.244.3.3"));

        before = GC.GetAllocatedBytesForCurrentThread();
        ProxySync sync = proxier.Sync();
        IReadOnlyList<ChainEdit> edits = sync.Edits;
        long editBytes = GC.GetAllocatedBytesForCurrentThread() - before;

        edits.Count.ShouldBe(5);
        (fullBytes / editBytes).ShouldBeGreaterThan(200);
        (fullLength / sync.Payload.Text.Length).ShouldBeGreaterThanOrEqualTo(8);
    }
}
