namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>How many families a Service asks for.</summary>
public enum IPFamilyPolicy
{
    /// <summary>One.</summary>
    SingleStack,

    /// <summary>Two where the cluster has two.</summary>
    PreferDualStack,

    /// <summary>Two, or it is refused.</summary>
    RequireDualStack,
}
