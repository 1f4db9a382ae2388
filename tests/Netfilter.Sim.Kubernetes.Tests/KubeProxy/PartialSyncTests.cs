using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.TestKit.Kube;

namespace Netfilter.Sim.Kubernetes.Tests.KubeProxy;

public class PartialSyncTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void PartialSyncs_OfRandomChanges_LeaveWhatAFreshProxierWrites(int seed)
    {
        var random = new Random(seed);
        var services = new Dictionary<string, Service>(StringComparer.Ordinal);
        var slices = new Dictionary<string, EndpointSlice>(StringComparer.Ordinal);
        KubeProxier proxier = Make.Proxier();
        var tables = new TextTables();
        for (int i = 0; i < 120; i++)
        {
            for (int changes = random.Next(4); changes > 0; changes--)
            {
                Change(random, proxier, services, slices);
            }
            proxier.Sync(payload => tables.Restore(payload) is null).Succeeded.ShouldBeTrue();
        }
        KubeProxier fresh = Make.Proxier();
        services.Values.ToList().ForEach(service => fresh.Apply(service));
        slices.Values.ToList().ForEach(slice => fresh.Apply(slice));
        var freshTables = new TextTables();
        fresh.Sync(payload => freshTables.Restore(payload) is null);

        tables.Lines().ShouldBe(freshTables.Lines());
    }

    private static void Change(
        Random random, KubeProxier proxier, Dictionary<string, Service> services, Dictionary<string, EndpointSlice> slices)
    {
        string name = $"s{random.Next(12)}";
        switch (random.Next(5))
        {
            case 0 when services.Remove(name, out Service? service):
                proxier.Remove(service);
                break;
            case 1 when slices.Remove(name, out EndpointSlice? slice):
                proxier.Remove(slice);
                break;
            case 2 or 0:
                proxier.Apply(services[name] = RandomService(random, name));
                break;
            default:
                proxier.Apply(slices[name] = RandomSlice(random, name));
                break;
        }
    }

    private static Service RandomService(Random random, string name)
    {
        Service service = Make.Service(name);
        return service with
        {
            Spec = service.Spec with
            {
                Type = ServiceType.LoadBalancer,
                ClusterIP = $"10.96.0.{random.Next(1, 250)}",
                Ports = [new ServicePort { Name = "http", Port = 80, NodePort = random.Next(2) * 30001 }],
                ExternalTrafficPolicy = (TrafficPolicy)random.Next(2),
                InternalTrafficPolicy = (TrafficPolicy)random.Next(2),
                SessionAffinity = (SessionAffinity)random.Next(2),
                LoadBalancerSourceRanges = random.Next(2) == 0 ? default : ["192.168.0.0/16"],
            },
            LoadBalancerIngress = [new LoadBalancerIngress { IP = "203.0.113.9", IPMode = (LoadBalancerIPMode)random.Next(2) }],
        };
    }

    private static EndpointSlice RandomSlice(Random random, string name) => Make.Slice(name) with
    {
        Endpoints = Enumerable.Range(0, random.Next(5)).Select(i => new Endpoint
        {
            Addresses = [$"10.244.0.{random.Next(1, 20)}"],
            NodeName = random.Next(2) == 0 ? "node-1" : "node-2",
            Ready = random.Next(3) != 0,
            Terminating = random.Next(4) == 0,
        }).ToValueList(),
    };
}
