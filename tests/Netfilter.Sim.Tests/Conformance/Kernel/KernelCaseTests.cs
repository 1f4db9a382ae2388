using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.Tests.Conformance.Kernel;

public sealed class KernelCaseTests
{
    [Fact]
    public void Parse_EveryRecordedCase_KnowsEveryField()
    {
        using CaseSource source = CaseSource.Open(Path.Combine(CaseFolder.Find(), "kernel.zip"));
        foreach (string path in source.Paths)
        {
            KernelCase read = KernelCase.Parse(source.Read(path), strict: true);
            read.Expect.Steps.Count.ShouldBe(read.Steps.Count, path);
        }
    }
}
