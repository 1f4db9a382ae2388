namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>The metadata of an object.</summary>
public sealed record ObjectMeta
{
    /// <summary>The object's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The namespace; <c>default</c> when a manifest names none, empty for nodes.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The labels.</summary>
    public ValueMap Labels { get; init; }

    /// <summary>The annotations.</summary>
    public ValueMap Annotations { get; init; }

    /// <summary>When deletion was asked for, as written; null while the object is not being deleted.</summary>
    public string? DeletionTimestamp { get; init; }

    /// <summary>Everything else the manifest had in its metadata, in a canonical form, or null.</summary>
    /// <remarks>It means nothing here, but takes part in equality: kube-proxy rewrites a Service's chains for any
    /// difference between two versions of a slice (pkg/proxy/endpointslicecache.go esDataChanged).</remarks>
    public string? Unmapped { get; init; }
}
