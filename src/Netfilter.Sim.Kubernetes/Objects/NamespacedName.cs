namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>The name of an object within its namespace.</summary>
/// <param name="Namespace">The namespace; empty for objects that have none, such as nodes.</param>
/// <param name="Name">The object's name.</param>
public readonly record struct NamespacedName(string Namespace, string Name)
{
    /// <summary>The form <c>namespace/name</c>.</summary>
    public override string ToString() => Namespace + "/" + Name;
}
