using System.Globalization;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>What is wrong with a manifest, and where.</summary>
/// <param name="Document">The document in the file, from 1.</param>
/// <param name="Line">The line in the file, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Path">The path of the field, such as <c>spec.ports[0].port</c>; empty for the whole document.</param>
/// <param name="Message">What is wrong.</param>
public sealed record ManifestError(int Document, int Line, int Column, string Path, string Message)
{
    /// <summary>The form <c>document 1, line 7, column 11: spec.ports[0].port: …</c>.</summary>
    public override string ToString()
    {
        string field = Path.Length == 0 ? "" : Path + ": ";
        return string.Create(
            CultureInfo.InvariantCulture, $"document {Document}, line {Line}, column {Column}: {field}{Message}");
    }
}
