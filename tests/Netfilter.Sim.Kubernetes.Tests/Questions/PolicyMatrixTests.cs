using Netfilter.Sim.Kubernetes.Clusters;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Kubernetes.Questions;

namespace Netfilter.Sim.Kubernetes.Tests.Questions;

public class PolicyMatrixTests
{
    private static readonly Lazy<IReadOnlyList<PolicyCell>> Cells = new(PolicyMatrix.Create);

    // As in the cluster that was recorded from a real kernel: who answers, whether masqueraded, silence, refusal.
    [Theory]
    [InlineData("node port", TrafficPolicy.Cluster, "other", "outside", "web-other (masqueraded)")]
    [InlineData("node port", TrafficPolicy.Local, "entry", "outside", "web-entry")]
    [InlineData("node port", TrafficPolicy.Local, "other", "outside", "timeout")]
    [InlineData("node port", TrafficPolicy.Local, "none", "outside", "unreachable")]
    [InlineData("node port", TrafficPolicy.Local, "both", "outside", "web-entry")]
    [InlineData("node port", TrafficPolicy.Local, "other", "client-entry", "web-other")]
    [InlineData("node port", TrafficPolicy.Local, "other", "client-third", "timeout")]
    [InlineData("node port", TrafficPolicy.Local, "both", "client-third", "50 % web-entry, 50 % timeout")]
    [InlineData("node port", TrafficPolicy.Local, "other", "entry", "web-other (masqueraded)")]
    [InlineData("cluster IP", TrafficPolicy.Cluster, "other", "client-entry", "web-other")]
    [InlineData("cluster IP", TrafficPolicy.Local, "other", "client-entry", "timeout")]
    [InlineData("cluster IP", TrafficPolicy.Local, "both", "client-other", "web-other")]
    [InlineData("cluster IP", TrafficPolicy.Cluster, "none", "client-third", "unreachable")]
    public void Create_Cell_HasTheFateOfARealCluster(string address, TrafficPolicy policy, string endpoints, string client, string fate)
    {
        Cells.Value.Single(cell => (cell.Address, cell.Policy, cell.Endpoints, cell.Client) == (address, policy, endpoints, client))
            .Fate.ShouldBe(fate);
    }

    [Fact]
    public void Create_PlaysEveryCellOnce()
    {
        Cells.Value.Count.ShouldBe(2 * 4 * (6 + 5));
        Cells.Value.Select(cell => (cell.Address, cell.Policy, cell.Endpoints, cell.Client)).Distinct().Count().ShouldBe(Cells.Value.Count);
    }

    [Fact]
    public void RuleCensus_OfANode_CountsWhatAFullSyncWrites()
    {
        Cluster cluster = Cluster.Parse(RepositoryFiles.KindManifest("kind-svc-1w.yaml"));

        RuleCensus census = RuleCensus.Of(cluster, "myk8s-worker");

        census.Total.ShouldBe(cluster.LastSyncOf("myk8s-worker").Payload.Rules().Count);
        census.ByServiceType.Keys.ShouldBe([ServiceType.ClusterIP]);
    }
}
