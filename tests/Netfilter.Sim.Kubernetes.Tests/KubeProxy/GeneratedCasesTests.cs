using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.TestKit.Kube;

namespace Netfilter.Sim.Kubernetes.Tests.KubeProxy;

public class GeneratedCasesTests
{
    [Fact]
    public void GeneratedCases_PlayedStepByStep_GiveKubeProxysOwnOutput()
    {
        int played = 0;
        foreach ((string name, string json) in RepositoryFiles.KubeCases())
        {
            new KubeCaseRunner().Run(json).ShouldBeNull(name);
            played++;
        }
        played.ShouldBe(120);
    }

    [Fact]
    public void PartialSync_AppliedByItsEdits_LeavesTheRulesThePayloadLeaves()
    {
        int partial = 0;
        foreach ((string name, string json) in RepositoryFiles.KubeCases())
        {
            TextTables byEdits = new();
            new KubeCaseRunner(null, (sync, tables) =>
            {
                if (sync.IsFull || !sync.Succeeded)
                {
                    byEdits = new TextTables();
                    byEdits.Restore(tables.Lines());
                    return;
                }
                byEdits.Apply(sync.Edits);
                partial++;
                string.Join('\n', byEdits.Lines()).ShouldBe(string.Join('\n', tables.Lines()), name);
            }).Run(json);
        }
        partial.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Edits_OfFullSync_AreRefused()
    {
        ProxySync sync = new KubeProxier(new KubeProxierSettings(), new CaseClock()).Sync();

        Should.Throw<InvalidOperationException>(() => sync.Edits)
            .Message.ShouldBe("A full sync has no edits; load its payload.");
    }
}
