using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.Conformance;

/// <summary>Plays what the options name and prints the table.</summary>
internal static class ConformanceCommand
{
    /// <returns>0 when every case passed, otherwise 1.</returns>
    public static int Run(ConformanceOptions options, TextWriter output)
    {
        List<(ICaseKind Kind, CaseSource Source)> sources = Open(options);
        ConformanceReport report;
        try
        {
            var runner = new ConformanceRunner { Jobs = options.Jobs, Wanted = Wanted(options.Filter) };
            sources.ForEach(source => runner.Add(source.Kind, source.Source));
            report = runner.Run();
        }
        finally
        {
            sources.ForEach(source => source.Source.Dispose());
        }
        Print(report, options, output);
        if (options.JsonFile is not null)
        {
            using FileStream json = File.Create(options.JsonFile);
            report.WriteJson(json);
        }
        return report.Passed == report.Total ? 0 : 1;
    }

    private static List<(ICaseKind Kind, CaseSource Source)> Open(ConformanceOptions options)
    {
        if (options.Sources.Count > 0)
        {
            return [.. options.Sources.Select(source => (source.Kind, CaseSource.Open(source.Path)))];
        }
        string cases = CaseFolder.Find();
        return [.. CaseKinds.All
            .Select(kind => (kind, Path: Path.Combine(cases, kind.Name + ".zip")))
            .Where(kind => File.Exists(kind.Path))
            .Select(kind => (kind.kind, CaseSource.Open(kind.Path)))];
    }

    private static Func<ConformanceCase, bool> Wanted(string? filter) => filter is null
        ? _ => true
        : @case => @case.Family.Contains(filter, StringComparison.OrdinalIgnoreCase)
            || @case.Name.Contains(filter, StringComparison.OrdinalIgnoreCase);

    private static void Print(ConformanceReport report, ConformanceOptions options, TextWriter output)
    {
        foreach (FamilyCount family in options.Detail ? report.Details : report.Families)
        {
            output.WriteLine(family);
        }
        if (options.Causes)
        {
            foreach ((string cause, int count, string example) in report.Causes)
            {
                output.WriteLine($"{count,6}  {cause}   ({example})");
            }
        }
        else
        {
            foreach (CaseResult result in report.Failures)
            {
                string reason = result.Failure!.Reason.Replace("\n", "\n    ", StringComparison.Ordinal);
                output.WriteLine($"FAILED {result.Family} {result.Name}: {reason}");
            }
        }
        output.WriteLine($"{report.Passed}/{report.Total} cases passed");
    }
}
