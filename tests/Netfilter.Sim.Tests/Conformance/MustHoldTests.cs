using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.Tests.Conformance;

/// <summary>Plays the recorded cases of the families that must hold.</summary>
public sealed class MustHoldTests
{
    private static readonly MustHold List = new(File.ReadLines(Path.Combine(CaseFolder.Find(), "must-hold.txt")));

    public static TheoryData<string> Kinds =>
        [.. CaseKinds.All.Select(kind => kind.Name).Where(kind => File.Exists(Path.Combine(CaseFolder.Find(), kind + ".zip")))];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RecordedCases_OfFamiliesThatMustHold_AllPass(string kindName)
    {
        ICaseKind kind = CaseKinds.All.Single(known => known.Name == kindName);
        using CaseSource source = CaseSource.Open(Path.Combine(CaseFolder.Find(), kindName + ".zip"));
        var runner = new ConformanceRunner { Wanted = List.Contains };
        runner.Add(kind, source);

        ConformanceReport report = runner.Run();

        report.Failures.Select(result => $"{result.Family} {result.Name}: {result.Failure!.Reason}").ShouldBeEmpty();
        (report.Total > 0).ShouldBe(List.HasKind(kindName));
    }

    [Fact]
    public void EveryEntry_NamesAtLeastOneCase()
    {
        HashSet<string> unused = [.. List.Entries];
        foreach (ICaseKind kind in CaseKinds.All.Where(kind => List.HasKind(kind.Name)))
        {
            using CaseSource source = CaseSource.Open(Path.Combine(CaseFolder.Find(), kind.Name + ".zip"));
            foreach (ConformanceCase found in source.Paths.Where(kind.Holds).SelectMany(path => kind.Read(new CaseFile(source, path))))
            {
                unused.Remove(found.Family);
                unused.Remove(found.Detail);
                unused.Remove($"{found.Family}/{found.Name}");
            }
        }
        unused.ShouldBeEmpty();
    }
}
