namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>A document of a manifest file: its number, from 1, and its tree.</summary>
internal readonly record struct ManifestDocument(int Number, ManifestNode Root);
