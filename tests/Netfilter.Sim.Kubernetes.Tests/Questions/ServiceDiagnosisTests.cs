using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Questions;

namespace Netfilter.Sim.Kubernetes.Tests.Questions;

/// <summary>Broken clusters, and the first thing that is said of each.</summary>
public class ServiceDiagnosisTests
{
    private const string Pods = """
        apiVersion: kind.x-k8s.io/v1alpha4
        kind: Cluster
        nodes: [{role: control-plane}, {role: worker}, {role: worker}]
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: client, labels: {app: client}}, spec: {nodeName: kind-worker}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web-0, labels: {app: web, tier: front}}
        spec: {nodeName: kind-worker, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:

        """;

    [Theory]
    [InlineData("{selector: {app: web}, ports: [{port: 80, targetPort: http}]}", null)]
    [InlineData("{type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", null)]
    [InlineData("{clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", null)]
    [InlineData("{type: ExternalName, externalName: db.example.com}", null)]
    [InlineData(
        "{selector: {app: wbe}, ports: [{port: 80}]}",
        "no pod of namespace default has the labels app=wbe; pods there have app=client, app=web")]
    [InlineData(
        "{selector: {app: web}, ports: [{port: 80, targetPort: htpp}]}",
        "target port htpp (TCP) of port 80 is no port of a pod; the pods' containers name 8080/TCP (http)")]
    [InlineData(
        "{selector: {app: web}, ports: [{port: 80}]}",
        "port 80 leads to 80 (TCP), where no pod says it listens; the pods' containers name 8080/TCP (http)")]
    [InlineData(
        "{selector: {app: web}, ports: [{port: 80, protocol: UDP, targetPort: 8080}]}",
        "port 80 leads to 8080 (UDP), where no pod says it listens; the pods' containers name 8080/TCP (http)")]
    [InlineData(
        "{internalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}",
        "Timeout, kind-control-plane: default/web: internalTrafficPolicy is Local and this node has no endpoint that is ready: dropped")]
    [InlineData(
        "{type: NodePort, externalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}",
        "172.18.0.2:30080: Timeout, kind-control-plane: default/web: externalTrafficPolicy is Local and this node has no endpoint that is ready: "
            + "dropped; it works on 172.18.0.3:30080")]
    public void Diagnose_Service_SaysFirstWhatIsWrong(string spec, string? problem)
    {
        DiagnosisCheck? first = Cluster.Parse(Pods + "  " + spec).Diagnose("web").FirstProblem;

        (first?.Answer).ShouldBe(problem);
    }

    [Fact]
    public void Diagnose_PodNotReady_NamesIt()
    {
        Cluster cluster = Cluster.Parse(Pods + "  {selector: {app: web}, ports: [{port: 80, targetPort: http}]}");
        cluster.UpdatePod("web-0", pod => pod with { Status = pod.Status with { Ready = false } });
        cluster.Settle();

        cluster.Diagnose("web").FirstProblem!.Answer.ShouldBe("none of 1 endpoints is ready: web-0");
        cluster.Connect("client", "web:80").Failure.ShouldBe("kind-worker: default/web: the Service has no endpoint that is ready: rejected");
    }

    [Fact]
    public void Diagnose_WrongNamespace_NamesTheRightOne()
    {
        Cluster cluster = Cluster.Parse(Pods + "  {selector: {app: web}, ports: [{port: 80, targetPort: http}]}");

        cluster.Diagnose("prod/web").FirstProblem!.Answer.ShouldBe("there is no Service prod/web, but default/web");
    }

    [Fact]
    public void Connect_NothingListens_SaysWhereAndOnWhatPort()
    {
        Cluster cluster = Cluster.Parse(Pods + "  {selector: {app: web}, ports: [{port: 80, targetPort: 81}]}");

        cluster.Connect("client", "web:80").Failure.ShouldBe("default/web-0: nothing listens on TCP port 81");
    }
}
