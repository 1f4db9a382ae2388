using System.Globalization;
using System.Text.Json;

namespace Netfilter.Sim.Benchmarks.Kube;

/// <summary>What <see cref="KubeCommand"/> measured: medians of CPU time.</summary>
internal sealed record KubeResult
{
    public static JsonSerializerOptions Indented { get; } = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public required int Services { get; init; }

    public required int Rules { get; init; }

    public required double FullMilliseconds { get; init; }

    public required double EditMilliseconds { get; init; }

    public required double TextMilliseconds { get; init; }

    public double EditRatio => FullMilliseconds / EditMilliseconds;

    public double TextRatio => FullMilliseconds / TextMilliseconds;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Services} Services of 3 endpoints, {Rules} rules
        full sync, rendered and restored        {FullMilliseconds,10:F2} ms
        one endpoint, as an edit                {EditMilliseconds,10:F3} ms   1 : {EditRatio:F0}
        one endpoint, partial text and restore  {TextMilliseconds,10:F2} ms   1 : {TextRatio:F1}
        """);
}
