namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>Whether a client stays with one endpoint.</summary>
public enum SessionAffinity
{
    /// <summary>Every connection chooses anew.</summary>
    None,

    /// <summary>Connections from one address go to one endpoint.</summary>
    ClientIP,
}
