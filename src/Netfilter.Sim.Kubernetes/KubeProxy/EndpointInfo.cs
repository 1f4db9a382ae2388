using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What kube-proxy knows of one endpoint of a service port.</summary>
/// <remarks>pkg/proxy/endpoint.go.</remarks>
public sealed record EndpointInfo
{
    /// <summary>The address.</summary>
    public required string Address { get; init; }

    /// <summary>Address and port, <c>10.0.0.1:80</c> or <c>[fd00::1]:80</c>; endpoints are ordered by this
    /// text.</summary>
    public required string Text { get; init; }

    /// <summary>Whether it runs on the proxier's node.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether it takes traffic.</summary>
    public bool IsReady { get; init; }

    /// <summary>Whether it could answer.</summary>
    public bool IsServing { get; init; }

    /// <summary>Whether it is being shut down.</summary>
    public bool IsTerminating { get; init; }

    /// <summary>The zones that should use it.</summary>
    public ValueList<string> ZoneHints { get; init; }

    /// <summary>The nodes that should use it.</summary>
    public ValueList<string> NodeHints { get; init; }

    /// <summary>Whether it is a last resort: shutting down, but still answering.</summary>
    public bool IsServingTerminating => IsServing && IsTerminating;

    /// <summary>The endpoint as <see cref="Text"/>.</summary>
    public override string ToString() => Text;
}
