namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>What destination a load balancer's packets have when they reach a node.</summary>
public enum LoadBalancerIPMode
{
    /// <summary>The load balancer's address: nodes accept it.</summary>
    Vip,

    /// <summary>The node's or pod's address: nodes know nothing of the load balancer's.</summary>
    Proxy,
}
