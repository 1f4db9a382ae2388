namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>The probability with which a rule takes one endpoint among those left.</summary>
public static class EndpointShare
{
    /// <summary>The share of one among several, with ten decimals as kube-proxy prints it.</summary>
    /// <param name="count">How many endpoints are left, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is less than 1.</exception>
    /// <remarks>pkg/proxy/iptables/proxier.go computeProbability.</remarks>
    public static string Format(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return ServicePortRules.Probability(count);
    }
}
