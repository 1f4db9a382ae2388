using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.Tests.Conformance;

public sealed class ConformanceRunnerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cases").FullName;

    public ConformanceRunnerTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "b"));
        Directory.CreateDirectory(Path.Combine(_folder, "a"));
        File.WriteAllText(Path.Combine(_folder, "a", "x-1.case"), "pass\ncrash\nmissing\nfail");
        File.WriteAllText(Path.Combine(_folder, "b", "y-1.case"), "pass");
        File.WriteAllText(Path.Combine(_folder, "b", "page.md"), "fail");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Run_WithCrashingCase_FailsOnlyThatCase(int jobs)
    {
        ConformanceReport report = Play(_folder, jobs);

        report.Families.Select(family => family.ToString()).ShouldBe(["script/a 1/4", "script/b 1/1"]);
        report.Failures.Select(result => $"{result.Name}: {result.Failure!.Reason.Split(" (")[0]}").ShouldBe(
        [
            "x-1:2: crash: InvalidOperationException: boom at ScriptKind.Do",
            "x-1:3: not modelled: magic",
            "x-1:4: it differs",
        ]);
    }

    [Fact]
    public void Run_OverZip_EqualsRunOverFolder()
    {
        string zip = Path.Combine(_folder, "..", Path.GetFileName(_folder) + ".zip");
        try
        {
            CasePack.Write(_folder, zip).ShouldBe(3);
            Play(zip, 2).Results.ShouldBe(Play(_folder, 2).Results);
        }
        finally
        {
            File.Delete(zip);
        }
    }

    [Fact]
    public void Pack_Twice_GivesSameBytes()
    {
        string first = Path.GetTempFileName();
        string second = Path.GetTempFileName();
        CasePack.Write(_folder, first);
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "b", "y-1.case"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        CasePack.Write(_folder, second);

        File.ReadAllBytes(second).ShouldBe(File.ReadAllBytes(first));
        using (ZipArchive zip = ZipFile.OpenRead(first))
        {
            zip.Entries.Select(entry => entry.FullName).ShouldBe(["a/x-1.case", "b/page.md", "b/y-1.case"]);
        }
        File.Delete(first);
        File.Delete(second);
    }

    [Fact]
    public void WriteJson_HasFamiliesTotalsAndFailures()
    {
        using var stream = new MemoryStream();
        Play(_folder, 1).WriteJson(stream);

        using JsonDocument json = JsonDocument.Parse(stream.ToArray());
        json.RootElement.GetProperty("passed").GetInt32().ShouldBe(2);
        json.RootElement.GetProperty("total").GetInt32().ShouldBe(5);
        JsonElement family = json.RootElement.GetProperty("families")[0];
        family.GetProperty("name").GetString().ShouldBe("script/a");
        family.GetProperty("passed").GetInt32().ShouldBe(1);
        family.GetProperty("total").GetInt32().ShouldBe(4);
        JsonElement failure = json.RootElement.GetProperty("failures")[1];
        failure.GetProperty("family").GetString().ShouldBe("script/a");
        failure.GetProperty("case").GetString().ShouldBe("x-1:3");
        failure.GetProperty("reason").GetString().ShouldBe("not modelled: magic");
    }

    [Fact]
    public void Run_WithFilter_PlaysOnlyWantedCases()
    {
        using CaseSource source = CaseSource.Open(_folder);
        var runner = new ConformanceRunner { Wanted = found => found.Name == "x-1:1" };
        runner.Add(new ScriptKind(), source);

        runner.Run().Results.ShouldHaveSingleItem().Name.ShouldBe("x-1:1");
    }

    [Fact]
    public void Run_WithCaseThatNeverEnds_FailsOnlyThatCase()
    {
        File.WriteAllText(Path.Combine(_folder, "b", "y-1.case"), "sleep\npass");
        using CaseSource source = CaseSource.Open(_folder);
        var runner = new ConformanceRunner
        {
            TimeLimit = TimeSpan.FromMilliseconds(200),
            Wanted = found => found.Name.StartsWith("y-1", StringComparison.Ordinal),
        };
        runner.Add(new ScriptKind(), source);

        runner.Run().Results.Select(result => result.Failure?.Reason).ShouldBe(["no answer within 0.2 s", null]);
    }

    private static ConformanceReport Play(string path, int jobs)
    {
        using CaseSource source = CaseSource.Open(path);
        var runner = new ConformanceRunner { Jobs = jobs };
        runner.Add(new ScriptKind(), source);
        return runner.Run();
    }

    private sealed class ScriptKind : ICaseKind
    {
        public string Name => "script";

        public bool Holds(string path) => path.EndsWith(".case", StringComparison.Ordinal);

        public IEnumerable<ConformanceCase> Read(CaseFile file) => Encoding.UTF8.GetString(file.Read()).Split('\n')
            .Select((what, i) => new ConformanceCase($"script/{file.Folder}", $"{file.Stem}:{i + 1}", () => Do(what)));

        private static CaseFailure? Do(string what) => what switch
        {
            "pass" => null,
            "sleep" => Sleep(),
            "fail" => new CaseFailure("it differs"),
            "missing" => throw new NotModelledException("magic"),
            _ => throw new InvalidOperationException("boom"),
        };

        private static CaseFailure? Sleep()
        {
            Thread.Sleep(Timeout.Infinite);
            return null;
        }
    }
}
