using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>A manifest that cannot be read; the message lists every error, one a line.</summary>
public sealed class ManifestFormatException : FormatException
{
    /// <summary>Makes the exception of what was found.</summary>
    /// <param name="errors">The errors, at least one.</param>
    public ManifestFormatException(ValueList<ManifestError> errors)
        : base(string.Join('\n', errors.AsEnumerable().Select(error => error.ToString())))
    {
        Errors = errors;
    }

    /// <summary>The errors in the order of the text.</summary>
    public ValueList<ManifestError> Errors { get; }
}
