using Netfilter.Sim.TestKit.Fuzzing;

namespace Netfilter.Sim.Tests.Text;

/// <summary>Random changes of recorded commands, dumps and packets end as documented.</summary>
public sealed class FuzzTests
{
    [Fact]
    public void Inputs_ChangedAtRandom_OnlyDocumentedResults()
    {
        FuzzReport report = new Fuzzer().Run(5000, seed: 20240607);
        report.Failures.ShouldBeEmpty();
        report.Total.ShouldBe(5000);
        report.Accepted.ShouldBeGreaterThan(300);
    }
}
