using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Netfilter.Sim.Benchmarks.Scale;

/// <summary>Prints what <see cref="ScaleCommand"/> measured.</summary>
internal static class ScaleReport
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public static string Table(IEnumerable<ScaleResult> results)
    {
        StringBuilder text = new();
        text.AppendLine("services    rules   new ns (best)   est ns (best)   linear ns   load ms   B/rule (compiled)   B/new   B/est");
        foreach (ScaleResult result in results)
        {
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Services,8} {result.Rules,8} {result.NewNanoseconds,8:F0} {"(" + result.NewNanosecondsBest.ToString("F0", CultureInfo.InvariantCulture) + ")",6} {result.EstablishedNanoseconds,8:F0} {"(" + result.EstablishedNanosecondsBest.ToString("F0", CultureInfo.InvariantCulture) + ")",6} {result.LinearNanoseconds,11:F0} {result.LoadMilliseconds,9:F0} {result.BytesPerRule,8:F0} {"(" + result.CompiledBytesPerRule.ToString("F0", CultureInfo.InvariantCulture) + ")",10} {result.AllocatedPerNew,7:F1} {result.AllocatedPerEstablished,7:F1}"));
        }
        return text.ToString();
    }

    public static string Json(IEnumerable<ScaleResult> results) => JsonSerializer.Serialize(results, Indented) + "\n";
}
