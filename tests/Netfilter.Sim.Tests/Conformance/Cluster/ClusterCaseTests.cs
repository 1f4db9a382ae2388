using System.Text;
using Netfilter.Sim.TestKit.Cluster;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.Tests.Conformance.Cluster;

/// <summary>A recorded case that says something else than what happens must fail.</summary>
public sealed class ClusterCaseTests
{
    [Theory]
    [InlineData("as recorded", "", "", null)]
    [InlineData("another backend", "\"backend\": \"webpod1\"", "\"backend\": \"webpod9\"", "groups differ")]
    [InlineData("another source", "\"sourcePort\": \"kept\"", "\"sourcePort\": \"changed\"", "groups differ")]
    [InlineData("another share", "\"p\": 0.3333", "\"p\": 0.25", "shares differ")]
    [InlineData("another TTL", "len 160 ttl 62", "len 160 ttl 61", "traces differ")]
    [InlineData("another entry", "tcp ESTABLISHED", "tcp SYN_RECV", "traces differ")]
    [InlineData("another Service", "\"port\": 9000, \"targetPort\": 80", "\"port\": 9009, \"targetPort\": 80", "generated rules: rules differ")]
    public void Play_TamperedCase_Fails(string what, string from, string to, string? cause)
    {
        CaseFailure? failure = Play("kind-1-clusterip-from-pods.json", text => from.Length == 0 ? text : Replaced(text, from, to, what));

        (failure?.Cause.StartsWith(cause ?? "", StringComparison.Ordinal)).ShouldBe(cause is null ? null : true, failure?.Reason);
    }

    private static string Replaced(string text, string from, string to, string what)
    {
        string changed = text.Replace(from, to, StringComparison.Ordinal);
        changed.ShouldNotBe(text, what);
        return changed;
    }

    private static CaseFailure? Play(string name, Func<string, string> change)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            using (CaseSource cases = CaseSource.Open(Path.Combine(CaseFolder.Find(), "cluster.zip")))
            {
                File.WriteAllText(Path.Combine(folder, name), change(Encoding.UTF8.GetString(cases.Read(name))));
            }
            using CaseSource changed = CaseSource.Open(folder);
            return new ClusterKind().Read(new CaseFile(changed, name)).Single().Play();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
