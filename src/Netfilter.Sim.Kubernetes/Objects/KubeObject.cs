namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>An object of the Kubernetes API, or a configuration file that reads like one.</summary>
public abstract record KubeObject
{
    /// <summary>The API group and version, such as <c>v1</c> or <c>discovery.k8s.io/v1</c>.</summary>
    public abstract string ApiVersion { get; }

    /// <summary>The kind, such as <c>Service</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Name, namespace, labels and annotations.</summary>
    public ObjectMeta Metadata { get; init; } = new();

    /// <summary>The object's namespace and name.</summary>
    public NamespacedName Key => new(Metadata.Namespace, Metadata.Name);

    /// <summary>The form kubectl uses: <c>Service default/web</c>.</summary>
    public sealed override string ToString() => Kind + " " + Key;
}
