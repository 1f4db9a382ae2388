using System.Text.Json;

namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>The outcome of a run.</summary>
/// <param name="Results">All cases, in order of their sources.</param>
public sealed record ConformanceReport(IReadOnlyList<CaseResult> Results)
{
    /// <summary>Number of cases that passed.</summary>
    public int Passed => Results.Count(result => result.Failure is null);

    /// <summary>Number of cases.</summary>
    public int Total => Results.Count;

    /// <summary>The cases that failed, by family, in order within it.</summary>
    public IEnumerable<CaseResult> Failures =>
        Results.Where(result => result.Failure is not null).OrderBy(result => result.Family, StringComparer.Ordinal);

    /// <summary>Passed and total of each family, by name.</summary>
    public IReadOnlyList<FamilyCount> Families => Count(result => result.Family);

    /// <summary>Passed and total of each finer family, by name.</summary>
    public IReadOnlyList<FamilyCount> Details => Count(result => result.Detail);

    /// <summary>How many cases failed of which cause, most first.</summary>
    public IEnumerable<(string Cause, int Count, string Example)> Causes => Failures
        .GroupBy(result => result.Failure!.Cause, StringComparer.Ordinal)
        .Select(group => (group.Key, group.Count(), $"{group.First().Family} {group.First().Name}"))
        .OrderByDescending(cause => cause.Item2)
        .ThenBy(cause => cause.Key, StringComparer.Ordinal);

    /// <summary>Writes the report as JSON.</summary>
    public void WriteJson(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("families");
        foreach (FamilyCount family in Families)
        {
            json.WriteStartObject();
            json.WriteString("name", family.Name);
            json.WriteNumber("passed", family.Passed);
            json.WriteNumber("total", family.Total);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("passed", Passed);
        json.WriteNumber("total", Total);
        json.WriteStartArray("failures");
        foreach (CaseResult result in Failures)
        {
            json.WriteStartObject();
            json.WriteString("family", result.Family);
            json.WriteString("case", result.Name);
            json.WriteString("reason", result.Failure!.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private List<FamilyCount> Count(Func<CaseResult, string> key) => [.. Results
        .GroupBy(key, StringComparer.Ordinal)
        .Select(group => new FamilyCount(group.Key, group.Count(result => result.Failure is null), group.Count()))
        .OrderBy(family => family.Name, StringComparer.Ordinal)];
}
