using System.Globalization;

namespace Netfilter.Sim.Kubernetes.Slices;

/// <summary>What it costs to tell every node of a Service's endpoints: one big object against slices.</summary>
/// <remarks>The estimation of KEP-0752, in bytes of objects sent; protocol overhead and batching are left out.</remarks>
/// <param name="Watchers">How many watch, one kube-proxy a node.</param>
/// <param name="Endpoints">How many endpoints the Service has.</param>
/// <param name="BytesPerEndpoint">What one endpoint takes in an object.</param>
/// <param name="EndpointsPerSlice">The most endpoints of a slice.</param>
public sealed record WatchTraffic(
    long Watchers, long Endpoints, long BytesPerEndpoint = 300, long EndpointsPerSlice = 100)
{
    /// <summary>How many slices there are.</summary>
    public long SliceCount => (Endpoints + EndpointsPerSlice - 1) / EndpointsPerSlice;

    /// <summary>The bytes of the one Endpoints object; above 1.5 MB it cannot be stored.</summary>
    public long EndpointsObjectBytes => Endpoints * BytesPerEndpoint;

    /// <summary>The bytes of a full slice.</summary>
    public long SliceBytes => Math.Min(EndpointsPerSlice, Endpoints) * BytesPerEndpoint;

    /// <summary>The bytes sent to create everything; the same for both, in one event or many.</summary>
    public long CreationBytes => checked(Watchers * EndpointsObjectBytes);

    /// <summary>The events sent to create everything as slices.</summary>
    public long CreationEventsAsSlices => checked(Watchers * SliceCount);

    /// <summary>The bytes sent when one endpoint changes, as an Endpoints object.</summary>
    public long OneChangeBytesAsEndpoints => checked(Watchers * EndpointsObjectBytes);

    /// <summary>The bytes sent when one endpoint changes, as slices.</summary>
    public long OneChangeBytesAsSlices => checked(Watchers * SliceBytes);

    /// <summary>The bytes sent when every endpoint changes once, one by one, as an Endpoints object.</summary>
    public long RollingUpdateBytesAsEndpoints => checked(Endpoints * OneChangeBytesAsEndpoints);

    /// <summary>The bytes sent when every endpoint changes once, one by one, as slices.</summary>
    public long RollingUpdateBytesAsSlices => checked(Endpoints * OneChangeBytesAsSlices);

    /// <summary>The figures, a line each.</summary>
    public override string ToString() => $"""
        {Endpoints} endpoints in {SliceCount} slices, {Watchers} watchers
          create everything   {Size(CreationBytes)} either way, as {CreationEventsAsSlices} events with slices
          one change          {Size(OneChangeBytesAsEndpoints)} as Endpoints, {Size(OneChangeBytesAsSlices)} as slices
          rolling update      {Size(RollingUpdateBytesAsEndpoints)} as Endpoints, {Size(RollingUpdateBytesAsSlices)} as slices

        """;

    // In decimal units, as the published figures are.
    private static string Size(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        double size = bytes;
        int unit = 0;
        for (; size >= 1000; unit++)
        {
            size /= 1000;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {units[unit]}");
    }
}
