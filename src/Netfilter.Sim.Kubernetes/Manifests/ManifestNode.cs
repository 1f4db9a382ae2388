namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>A node of the tree a YAML or JSON document is read into, with its place.</summary>
internal abstract class ManifestNode(int line, int column)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    /// <summary>What it is, in the words of an error message.</summary>
    public abstract string Describe();
}
