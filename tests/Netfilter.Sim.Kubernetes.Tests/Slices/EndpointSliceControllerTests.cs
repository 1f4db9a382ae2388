using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Kubernetes.Slices;
using Netfilter.Sim.Kubernetes.Tests.KubeProxy;

namespace Netfilter.Sim.Kubernetes.Tests.Slices;

public class EndpointSliceControllerTests
{
    private static readonly EndpointSliceController Controller = new();
    private static readonly Node[] Nodes =
    [
        new() { Metadata = new ObjectMeta { Name = "n1", Labels = ValueMap.Of(Node.ZoneLabel, "za") } },
        new() { Metadata = new ObjectMeta { Name = "n2", Labels = ValueMap.Of(Node.ZoneLabel, "zb") } },
    ];

    [Fact]
    public void Reconcile_250Pods_CutsSlicesOfAtMost100()
    {
        SliceChanges changes = Reconcile(Make.Service("web"), Pods(250), []);

        changes.Created.AsEnumerable().Select(slice => slice.Endpoints.Count).ShouldBe([100, 100, 50]);
        changes.Created.AsEnumerable().Select(slice => slice.Metadata.Name).Distinct().Count().ShouldBe(3);
        changes.Created[0].Metadata.Labels.Find(EndpointSlice.ManagedByLabel).ShouldBe(EndpointSliceController.ManagedBy);
        changes.Created[0].ServiceKey.ShouldBe(new NamespacedName("ns", "web"));
    }

    [Fact]
    public void Reconcile_NothingChanged_WritesNothing()
    {
        Service service = Make.Service("web");
        ValueList<EndpointSlice> slices = Reconcile(service, Pods(250), []).Created;

        Reconcile(service, Pods(250), slices).Count.ShouldBe(0);
    }

    [Fact]
    public void Reconcile_OnePodMore_GoesIntoTheTightestSliceThatHasRoom()
    {
        Service service = Make.Service("web");
        ValueList<EndpointSlice> slices = Reconcile(service, Pods(250), []).Created;

        SliceChanges changes = Reconcile(service, Pods(251), slices);

        changes.Created.Count.ShouldBe(0);
        changes.Updated.Count.ShouldBe(1);
        changes.Updated[0].Metadata.Name.ShouldBe(slices[2].Metadata.Name);
        changes.Updated[0].Endpoints.Count.ShouldBe(51);
    }

    [Fact]
    public void Reconcile_PodReplacedInAFullSlice_FillsThatSliceAgain()
    {
        Service service = Make.Service("web");
        ValueList<EndpointSlice> slices = Reconcile(service, Pods(250), []).Created;

        SliceChanges changes = Reconcile(service, Pods(251).Skip(1), slices);

        changes.Updated.Count.ShouldBe(1);
        changes.Updated[0].Metadata.Name.ShouldBe(slices[0].Metadata.Name);
        changes.Updated[0].Endpoints.Count.ShouldBe(100);
    }

    [Fact]
    public void Reconcile_AllPodsOfASliceGone_DeletesIt()
    {
        Service service = Make.Service("web");
        ValueList<EndpointSlice> slices = Reconcile(service, Pods(250), []).Created;

        SliceChanges changes = Reconcile(service, Pods(200), slices);

        changes.Deleted.AsEnumerable().Select(slice => slice.Metadata.Name).ShouldBe([slices[2].Metadata.Name]);
        changes.Updated.Count.ShouldBe(0);
    }

    [Fact]
    public void Reconcile_NoPods_KeepsOnePlaceholder()
    {
        Service service = Make.Service("web");

        SliceChanges first = Reconcile(service, [], []);
        SliceChanges second = Reconcile(service, [], first.Created);

        first.Created.Count.ShouldBe(1);
        first.Created[0].Endpoints.Count.ShouldBe(0);
        second.Count.ShouldBe(0);
    }

    [Fact]
    public void Reconcile_SlicesOfOthers_AreLeftAlone()
    {
        SliceChanges changes = Reconcile(Make.Service("web"), Pods(1), [Make.Slice("web", "10.9.9.9")]);

        changes.Deleted.Count.ShouldBe(0);
        changes.Created.Count.ShouldBe(1);
    }

    [Fact]
    public void Reconcile_NoSelector_DoesNothing()
    {
        Service service = Make.Service("web");

        Reconcile(service with { Spec = service.Spec with { Selector = default } }, Pods(3), []).Count.ShouldBe(0);
    }

    [Fact]
    public void Reconcile_TerminatingAndUnreadyPods_HaveTheirConditions()
    {
        Pod[] pods = [.. Pods(3)];
        pods[1] = pods[1] with { Metadata = pods[1].Metadata with { DeletionTimestamp = "2026-01-01T00:00:00Z" } };
        pods[2] = pods[2] with { Status = pods[2].Status with { Ready = false } };

        ValueList<Endpoint> endpoints = Reconcile(Make.Service("web"), pods, []).Created[0].Endpoints;

        endpoints.AsEnumerable().Select(e => (e.Ready, e.Serving, e.Terminating)).ShouldBe(
            [(true, true, false), (false, true, true), (false, false, false)]);
    }

    [Fact]
    public void Reconcile_NamedTargetPortWithTwoNumbers_MakesAGroupOfEach()
    {
        Service service = Make.Service("web", new ServicePort { Name = "http", Port = 80, TargetPort = "web" });
        Pod[] pods = [WithPort(Pods(2).First(), 8080), WithPort(Pods(2).Last(), 9090)];

        SliceChanges changes = Reconcile(service, pods, []);

        changes.Created.AsEnumerable().Select(slice => slice.Ports[0].Port).ShouldBe([8080, 9090]);
    }

    [Theory]
    [InlineData("PreferClose", "za", null)]
    [InlineData("PreferSameZone", "za", null)]
    [InlineData("PreferSameNode", "za", "n1")]
    [InlineData(null, null, null)]
    public void Reconcile_TrafficDistribution_BecomesHints(string? distribution, string? zone, string? node)
    {
        Service service = Make.Service("web");
        service = service with { Spec = service.Spec with { TrafficDistribution = distribution } };

        Endpoint endpoint = Reconcile(service, Pods(1), []).Created[0].Endpoints[0];

        endpoint.ZoneHints.SingleOrDefault().ShouldBe(zone);
        endpoint.NodeHints.SingleOrDefault().ShouldBe(node);
    }

    [Fact]
    public void Reconcile_DualStack_MakesSlicesOfEachFamily()
    {
        Service service = Make.Service("web");
        service = service with { Spec = service.Spec with { IPFamilies = [IPFamily.IPv4, IPFamily.IPv6] } };
        Pod pod = Pods(1).Single();
        pod = pod with { Status = pod.Status with { PodIPs = ["10.244.0.1", "FD00:0::1"] } };

        SliceChanges changes = Reconcile(service, [pod], []);

        changes.Created.AsEnumerable().Select(slice => slice.Endpoints[0].Addresses[0]).ShouldBe(["10.244.0.1", "fd00::1"]);
    }

    [Fact]
    public void Mirror_EndpointsWrittenByHand_GiveASliceASubset()
    {
        var endpoints = new Endpoints
        {
            Metadata = new ObjectMeta { Name = "db", Namespace = "ns" },
            Subsets =
            [
                new EndpointSubset
                {
                    Addresses = [new EndpointAddress { IP = "192.0.2.1" }],
                    NotReadyAddresses = [new EndpointAddress { IP = "192.0.2.2" }],
                    Ports = [new EndpointPort { Name = "sql", Port = 5432 }],
                },
            ],
        };

        ValueList<EndpointSlice> slices = EndpointsMirror.Mirror(endpoints);

        slices.Count.ShouldBe(1);
        slices[0].Endpoints.AsEnumerable().Select(e => e.Ready).ShouldBe([true, false]);
        slices[0].ServiceKey.ShouldBe(new NamespacedName("ns", "db"));
    }

    [Theory]
    [InlineData("endpointslice.kubernetes.io/skip-mirror", "true", 0)]
    [InlineData("endpointslice.kubernetes.io/skip-mirror", "false", 1)]
    public void Mirror_LabelToSkip_IsObeyed(string label, string value, int slices) => EndpointsMirror.Mirror(new Endpoints
    {
        Metadata = new ObjectMeta { Name = "db", Namespace = "ns", Labels = ValueMap.Of(label, value) },
        Subsets = [new EndpointSubset { Addresses = [new EndpointAddress { IP = "192.0.2.1" }] }],
    }).Count.ShouldBe(slices);

    [Fact]
    public void Reconcile_ServiceWithTheHeadlessLabelButAClusterIP_MakesSlicesThatAreWatched()
    {
        var service = new Service
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "ns", Labels = ValueMap.Of(EndpointSlice.HeadlessLabel, "") },
            Spec = new ServiceSpec { ClusterIP = "10.96.0.10", Selector = ValueMap.Of("app", "web"), Ports = [new ServicePort { Port = 80 }] },
        };

        Reconcile(service, Pods(1), []).Created[0].Metadata.Labels.ContainsKey(EndpointSlice.HeadlessLabel).ShouldBeFalse();
    }

    private static SliceChanges Reconcile(Service service, IEnumerable<Pod> pods, IEnumerable<EndpointSlice> slices) =>
        Controller.Reconcile(service, pods, Nodes, slices);

    private static IEnumerable<Pod> Pods(int count) => Enumerable.Range(0, count).Select(i => new Pod
    {
        Metadata = new ObjectMeta { Name = $"web-{i}", Namespace = "ns", Labels = ValueMap.Of("app", "web") },
        Spec = new PodSpec { NodeName = i % 2 == 0 ? "n1" : "n2" },
        Status = new PodStatus { PodIPs = [$"10.244.{i / 250}.{(i % 250) + 1}"], Ready = true, Phase = "Running" },
    });

    private static Pod WithPort(Pod pod, int number) => pod with
    {
        Spec = pod.Spec with
        {
            Containers = [new Container { Ports = [new ContainerPort { Name = "web", Number = number }] }],
        },
    };
}
