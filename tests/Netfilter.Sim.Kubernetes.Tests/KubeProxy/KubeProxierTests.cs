using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.TestKit.Kube;

namespace Netfilter.Sim.Kubernetes.Tests.KubeProxy;

public class KubeProxierTests
{
    [Fact]
    public void Sync_First_IsFullAndWritesTheServiceChains()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Apply(Make.Service("web"));
        proxier.Apply(Make.Slice("web", "10.244.1.5"));

        ProxySync sync = proxier.Sync();

        sync.IsFull.ShouldBeTrue();
        var chains = new ServiceChains(new ServicePortName(new("ns", "web"), "http", TransportProtocol.Tcp));
        sync.Payload.Lines.ShouldContain(
            "-A KUBE-SERVICES -m comment --comment \"ns/web:http cluster IP\" -m tcp -p tcp -d 10.96.0.10 --dport 80 -j " +
            chains.ClusterPolicy);
        sync.Payload.Lines.ShouldContain(
            $"-A {chains.Endpoint("10.244.1.5:8080")} -m comment --comment ns/web:http -m tcp -p tcp -j DNAT " +
            "--to-destination 10.244.1.5:8080");
    }

    [Fact]
    public void Sync_AfterFailedRestore_IsFullAgain()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Sync();
        proxier.Apply(Make.Service("web"));

        ProxySync failed = proxier.Sync(_ => false);
        ProxySync next = proxier.Sync();

        failed.Succeeded.ShouldBeFalse();
        failed.IsFull.ShouldBeFalse();
        next.IsFull.ShouldBeTrue();
        proxier.Sync().IsFull.ShouldBeFalse();
    }

    [Fact]
    public void Sync_AnHourAfterTheLastFullOne_IsFull()
    {
        var clock = new CaseClock();
        var proxier = new KubeProxier(Make.Settings, clock);
        proxier.Sync();
        clock.Advance(TimeSpan.FromHours(1));
        proxier.Sync().IsFull.ShouldBeFalse();

        clock.Advance(TimeSpan.FromTicks(1));

        proxier.Sync().IsFull.ShouldBeTrue();
    }

    [Fact]
    public void Apply_ServiceChangedOnlyInItsLabels_AsksForNoSync()
    {
        KubeProxier proxier = Make.Proxier();
        Service service = Make.Service("web");
        proxier.Apply(service);
        proxier.Sync();

        proxier.Apply(service with { Metadata = service.Metadata with { Labels = ValueMap.Of("a", "b") } }).ShouldBeFalse();
    }

    [Fact]
    public void Apply_SliceChangedOnlyInAnAnnotation_RewritesTheService()
    {
        KubeProxier proxier = Make.Proxier();
        EndpointSlice slice = Make.Slice("web", "10.244.1.5");
        proxier.Apply(Make.Service("web"));
        proxier.Apply(slice);
        proxier.Sync();

        proxier.Apply(slice).ShouldBeFalse();
        proxier.Apply(slice with { Metadata = slice.Metadata with { Annotations = ValueMap.Of("a", "b") } }).ShouldBeTrue();
        proxier.Sync().Payload.Lines.ShouldContain(line => line.StartsWith(":KUBE-SVC-", StringComparison.Ordinal));
    }

    [Fact]
    public void Apply_ServiceOfAnotherProxy_IsTakenAway()
    {
        KubeProxier proxier = Make.Proxier();
        Service service = Make.Service("web");
        proxier.Apply(service);
        proxier.Sync();

        ValueMap labels = ValueMap.Of(ServicePortInfo.ServiceProxyNameLabel, "");
        proxier.Apply(service with { Metadata = service.Metadata with { Labels = labels } }).ShouldBeTrue();
        proxier.Sync();

        proxier.ServicePorts.ShouldBeEmpty();
    }

    [Fact]
    public void Apply_NodeWithAnotherZone_MakesTheNextSyncFull()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Sync();
        var node = new Node { Metadata = new ObjectMeta { Name = "node-1", Labels = ValueMap.Of(Node.ZoneLabel, "a") } };

        proxier.Apply(node with { Metadata = node.Metadata with { Name = "node-2" } }).ShouldBeFalse();
        proxier.Apply(node).ShouldBeTrue();

        proxier.HasPendingChanges.ShouldBeTrue();
        proxier.Sync().IsFull.ShouldBeTrue();
        proxier.HasPendingChanges.ShouldBeFalse();
    }

    [Fact]
    public void Apply_ServiceWithItsPortsInAnotherOrder_IsNoChange()
    {
        KubeProxier proxier = Make.Proxier();
        var http = new ServicePort { Name = "http", Port = 80 };
        var dns = new ServicePort { Name = "dns", Port = 53, Protocol = TransportProtocol.Udp };
        proxier.Apply(Make.Service("web", http, dns));
        proxier.Sync();

        proxier.Apply(Make.Service("web", dns, http)).ShouldBeFalse();
        proxier.Apply(Make.Service("web", dns, http with { Port = 81 })).ShouldBeTrue();
    }

    [Fact]
    public void Apply_SliceWhosePodHasAnotherUid_IsAChange()
    {
        static EndpointSlice Read(string uid) => ManifestReader.ReadOne<EndpointSlice>($$"""
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
             "metadata": {"name": "web-1", "namespace": "ns", "labels": {"kubernetes.io/service-name": "web"} },
             "ports": [{"name": "http", "port": 80}],
             "endpoints": [{"addresses": ["10.244.1.5"], "targetRef": {"kind": "Pod", "namespace": "ns", "name": "web-0", "uid": "{{uid}}"} }]}
            """);
        KubeProxier proxier = Make.Proxier();
        proxier.Apply(Read("a"));
        proxier.Sync();

        proxier.Apply(Read("a")).ShouldBeFalse();
        proxier.Apply(Read("b")).ShouldBeTrue();
    }

    [Fact]
    public void Apply_SliceThatBecomesHeadless_TakesItsEndpointsAway()
    {
        KubeProxier proxier = Make.Proxier();
        EndpointSlice slice = Make.Slice("web", "10.244.1.5");
        proxier.Apply(slice);
        proxier.Sync();

        ValueMap labels = slice.Metadata.Labels.With(EndpointSlice.HeadlessLabel, "");
        proxier.Apply(slice with { Metadata = slice.Metadata with { Labels = labels } }).ShouldBeTrue();
        proxier.Sync();

        proxier.Endpoints.ShouldBeEmpty();
    }

    [Fact]
    public void ConntrackCleanup_NodePort_LeavesTheOtherFamilysEntriesToItsOwnProxier()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Apply(Make.Service("dns", new ServicePort { Name = "dns", Port = 53, NodePort = 30053, Protocol = TransportProtocol.Udp }));
        EndpointSlice slice = Make.Slice("dns", "10.244.1.5");
        proxier.Apply(slice with { Ports = [new EndpointPort { Name = "dns", Port = 53, Protocol = TransportProtocol.Udp }] });
        ConntrackCleanup cleanup = proxier.Sync().ConntrackCleanup!;

        cleanup.ShouldDelete(new(TransportProtocol.Udp, "192.168.0.2", 30053, "10.244.1.9", 53)).ShouldBeTrue();
        cleanup.ShouldDelete(new(TransportProtocol.Udp, "fd00::2", 30053, "fd00:10:244::9", 53)).ShouldBeFalse();
    }

    [Fact]
    public void ObserveNatChains_ChainsThatSomebodyRemoved_AreNotRemovedAgain()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Apply(Make.Service("web"));
        proxier.Apply(Make.Slice("web", "10.244.1.5"));
        proxier.Sync();
        proxier.Apply(Make.Slice("web"));

        proxier.ObserveNatChains("KUBE-SERVICES");

        proxier.Sync().Payload.RemovedChains.ShouldBeEmpty();
    }

    [Fact]
    public void Sync_EndpointGone_RemovesItsChain()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Apply(Make.Service("web"));
        proxier.Apply(Make.Slice("web", "10.244.1.5", "10.244.1.6"));
        proxier.Sync();
        proxier.Apply(Make.Slice("web", "10.244.1.6"));

        ProxySync sync = proxier.Sync();

        string gone = new ServiceChains(new ServicePortName(new("ns", "web"), "http", TransportProtocol.Tcp))
            .Endpoint("10.244.1.5:8080");
        sync.Payload.RemovedChains.ShouldBe([gone]);
        sync.Payload.Lines.ShouldContain("-X " + gone);
    }

    [Fact]
    public void ObserveNatChains_LeftByAnEarlierKubeProxy_AreRemoved()
    {
        KubeProxier proxier = Make.Proxier();

        proxier.ObserveNatChains("KUBE-SVC-AAAAAAAAAAAAAAAA", "KUBE-SERVICES", "DOCKER");

        proxier.Sync().Payload.RemovedChains.ShouldBe(["KUBE-SVC-AAAAAAAAAAAAAAAA"]);
        proxier.Sync().Payload.RemovedChains.ShouldBeEmpty();
    }

    [Fact]
    public void Rules_OfAnEndpoint_KnowServiceEndpointAndReason()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Apply(Make.Service("web"));
        proxier.Apply(Make.Slice("web", "10.244.1.5", "10.244.1.6"));

        ProxyRule rule = proxier.Sync().Payload.Rules().First(r => r.Origin.Reason == RuleReason.EndpointChoice);

        rule.Origin.Service.ShouldBe(new NamespacedName("ns", "web"));
        rule.Origin.Endpoint!.Text.ShouldBe("10.244.1.5:8080");
        rule.Origin.Policy.ShouldBe(TrafficPolicy.Cluster);
        rule.Origin.ToString().ShouldBe("EndpointChoice ns/web:http/TCP 10.244.1.5:8080 Cluster");
    }

    [Fact]
    public void Edits_OfOneEndpointMore_TouchOnlyThatServicesChains()
    {
        KubeProxier proxier = Make.Proxier();
        foreach (string name in (string[])["a", "b", "c"])
        {
            proxier.Apply(Make.Service(name));
            proxier.Apply(Make.Slice(name, "10.244.1.5"));
        }
        proxier.Sync();
        proxier.Apply(Make.Slice("b", "10.244.1.5", "10.244.1.6"));

        IReadOnlyList<ChainEdit> edits = proxier.Sync().Edits;

        edits.Count.ShouldBe(3);
        edits.ShouldAllBe(edit => edit is ChainReplacement);
    }

    [Fact]
    public void Edits_OfAServiceLosingItsLastEndpoint_MoveItFromNatToReject()
    {
        KubeProxier proxier = Make.Proxier();
        foreach (string name in (string[])["a", "b", "c"])
        {
            proxier.Apply(Make.Service(name));
            proxier.Apply(Make.Slice(name, "10.244.1.5"));
        }
        proxier.Sync();
        proxier.Apply(Make.Slice("b"));

        IReadOnlyList<ChainEdit> edits = proxier.Sync().Edits;

        ChainSplice[] splices = [.. edits.OfType<ChainSplice>()];
        splices.Select(s => (s.Table, s.Chain, s.Index, s.RemoveCount, s.Rules.Count)).ShouldBe(
            [("filter", "KUBE-SERVICES", 0, 0, 1), ("nat", "KUBE-SERVICES", 1, 1, 0)]);
        edits.OfType<ChainRemoval>().Count().ShouldBe(2);
    }

    [Fact]
    public void ConntrackCleanup_UdpEndpointGone_DeletesItsFlowsOnly()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Apply(Make.Service("dns", new ServicePort { Name = "dns", Port = 53, Protocol = TransportProtocol.Udp }));
        EndpointSlice slice = Make.Slice("dns", "10.244.1.5", "10.244.1.6") with
        {
            Ports = [new EndpointPort { Name = "dns", Port = 53, Protocol = TransportProtocol.Udp }],
        };
        proxier.Apply(slice);
        proxier.Sync();
        proxier.Sync().ConntrackCleanup.ShouldBeNull();
        proxier.Apply(slice with { Endpoints = [slice.Endpoints[1]] });

        ConntrackCleanup cleanup = proxier.Sync().ConntrackCleanup.ShouldNotBeNull();

        cleanup.ShouldDelete(new(TransportProtocol.Udp, "10.96.0.10", 53, "10.244.1.5", 53)).ShouldBeTrue();
        cleanup.ShouldDelete(new(TransportProtocol.Udp, "10.96.0.10", 53, "10.244.1.6", 53)).ShouldBeFalse();
        cleanup.ShouldDelete(new(TransportProtocol.Tcp, "10.96.0.10", 53, "10.244.1.5", 53)).ShouldBeFalse();
        cleanup.ShouldDelete(new(TransportProtocol.Udp, "10.96.0.11", 53, "10.244.1.5", 53)).ShouldBeFalse();
    }

    [Fact]
    public void ServiceChains_OfAKnownServicePort_HaveTheHashOfKubeProxy()
    {
        var chains = new ServiceChains(new ServicePortName(new("ns1", "svc1"), "p80", TransportProtocol.Tcp));

        chains.ClusterPolicy.ShouldBe("KUBE-SVC-XPGD46QRK7WJZT7O");
        chains.Endpoint("10.180.0.1:80").ShouldBe("KUBE-SEP-SXIVWICOYRO3J4NJ");
    }

    [Fact]
    public void ServicePortTable_ManyServicesComingAndGoing_KeepsTextOrder()
    {
        KubeProxier proxier = Make.Proxier();
        proxier.Sync();
        var random = new Random(7);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < 2000; i++)
        {
            string name = $"s{random.Next(600)}";
            if (names.Add(name))
            {
                proxier.Apply(Make.Service(name));
            }
            else
            {
                names.Remove(name);
                proxier.Remove(Make.Service(name));
            }
            if (i % 50 == 0)
            {
                proxier.Sync();
            }
        }
        proxier.Sync();

        proxier.ServicePorts.Select(port => port.Name.NameText).ShouldBe(
            names.Select(name => $"ns/{name}:http").Order(StringComparer.Ordinal));
    }
}
