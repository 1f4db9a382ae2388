using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Tests.Manifests;

public class ManifestReaderTests
{
    [Fact]
    public void Read_SeveralDocuments_GivesTheirObjectsInOrder()
    {
        ValueList<KubeObject> objects = ManifestReader.Read(RepositoryFiles.KindManifest("3pod.yaml"));

        objects.AsEnumerable().Select(item => item.ToString())
            .ShouldBe(["Pod default/webpod1", "Pod default/webpod2", "Pod default/webpod3"]);
        ((Pod)objects[1]).Spec.NodeName.ShouldBe("myk8s-worker2");
    }

    [Fact]
    public void Read_ListAsKubectlPrintsIt_GivesItsItems()
    {
        const string Text = """
            apiVersion: v1
            items:
            - apiVersion: v1
              kind: Service
              metadata:
                creationTimestamp: "2026-01-01T00:00:00Z"
                name: web
                namespace: prod
                resourceVersion: "17"
              spec:
                clusterIP: 10.96.0.7
                clusterIPs:
                - 10.96.0.7
                internalTrafficPolicy: Cluster
                ipFamilies:
                - IPv4
                ports:
                - name: http
                  port: 80
                  protocol: TCP
                  targetPort: web
                type: ClusterIP
              status:
                loadBalancer: {}
            - apiVersion: batch/v1
              kind: Job
              metadata: {name: once}
            kind: List
            metadata:
              resourceVersion: ""
            """;

        ValueList<KubeObject> objects = ManifestReader.Read(Text);

        var service = objects[0].ShouldBeOfType<Service>();
        service.Key.ShouldBe(new NamespacedName("prod", "web"));
        service.Spec.Ports[0].TargetPort.ShouldBe(new IntOrString(0, "web"));
        objects[1].ShouldBeOfType<OtherObject>().Kind.ShouldBe("Job");
    }

    [Fact]
    public void Read_JsonAndYamlOfTheSameObject_GiveEqualObjects()
    {
        const string Yaml = """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: a, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{name: http, port: 8080}]
            endpoints:
            - addresses: ["10.0.0.1"]
              conditions: {ready: true, terminating: false}
              nodeName: node-1
              hints: {forZones: [{name: zone-a}]}
            """;
        const string Json = """
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
             "metadata": {"name": "a", "labels": {"kubernetes.io/service-name": "web"}},
             "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}],
             "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true, "terminating": false},
               "nodeName": "node-1", "hints": {"forZones": [{"name": "zone-a"}]}}]}
            """;

        ManifestReader.Read(Json).ShouldBe(ManifestReader.Read(Yaml));
    }

    [Fact]
    public void Read_AnchorsAndAliases_AreResolved()
    {
        const string Text = """
            apiVersion: v1
            kind: Service
            metadata: {name: web, labels: &l {app: web}}
            spec: {selector: *l, clusterIP: 10.0.0.1, ports: [{port: 80}]}
            """;

        ManifestReader.ReadOne<Service>(Text).Spec.Selector.ShouldBe(ValueMap.Of("app", "web"));
    }

    [Fact]
    public void Read_FieldsLeftOut_HaveTheApiServersDefaults()
    {
        var service = ManifestReader.ReadOne<Service>(RepositoryFiles.KindManifest("svc-clusterip.yaml"));

        service.Metadata.Namespace.ShouldBe("default");
        service.Spec.Ports[0].Protocol.ShouldBe(TransportProtocol.Tcp);
        service.Spec.SessionAffinity.ShouldBe(SessionAffinity.None);
        service.Spec.SessionAffinityTimeoutSeconds.ShouldBe(10800);
        service.Spec.InternalTrafficPolicy.ShouldBe(TrafficPolicy.Cluster);
    }

    [Fact]
    public void Read_KindConfiguration_GivesNetworksAndNodes()
    {
        var cluster = ManifestReader.ReadOne<KindCluster>(RepositoryFiles.KindManifest("kind-svc-1w.yaml"));

        cluster.PodSubnet.ShouldBe("10.10.0.0/16");
        cluster.Nodes.Count.ShouldBe(4);
        cluster.Nodes[0].ExtraPortMappings[2].ShouldBe(new KindPortMapping(30002, 30002));
        cluster.Nodes[3].Labels.ShouldBe(ValueMap.Of("mynode", "worker3"));
    }

    [Fact]
    public void Read_KubeProxyConfiguration_GivesWhatIptablesModeReads()
    {
        const string Text = """
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            bindAddress: 0.0.0.0
            clusterCIDR: 10.244.0.0/16
            detectLocalMode: ""
            iptables:
              masqueradeAll: true
              masqueradeBit: null
              minSyncPeriod: 500ms
              syncPeriod: 1m30s
            nodePortAddresses: null
            """;

        var configuration = ManifestReader.ReadOne<KubeProxyConfiguration>(Text);

        configuration.MasqueradeAll.ShouldBeTrue();
        configuration.MasqueradeBit.ShouldBe(14);
        configuration.SyncPeriod.ShouldBe(TimeSpan.FromSeconds(90));
        configuration.MinSyncPeriod.ShouldBe(TimeSpan.FromMilliseconds(500));
    }
}
