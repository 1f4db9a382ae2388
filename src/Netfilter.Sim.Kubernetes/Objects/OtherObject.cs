namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>An object of a kind this library has no use for; read, named and left alone.</summary>
/// <param name="OtherApiVersion">The API version as written.</param>
/// <param name="OtherKind">The kind as written.</param>
public sealed record OtherObject(string OtherApiVersion, string OtherKind) : KubeObject
{
    /// <inheritdoc/>
    public override string ApiVersion => OtherApiVersion;

    /// <inheritdoc/>
    public override string Kind => OtherKind;
}
