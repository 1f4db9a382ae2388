namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Why kube-proxy wrote a rule.</summary>
public enum RuleReason
{
    /// <summary>A built-in chain leads to one of kube-proxy's.</summary>
    ChainJump,

    /// <summary>Traffic without the mark is left alone.</summary>
    MasqueradeUnmarkedReturn,

    /// <summary>The mark is taken off, so that the packet is not masqueraded twice.</summary>
    MasqueradeUnmark,

    /// <summary>Marked traffic gets the node's address.</summary>
    Masquerade,

    /// <summary>The mark is set.</summary>
    MasqueradeMark,

    /// <summary>Packets from elsewhere to 127.0.0.0/8 are dropped, since route_localnet lets them in.</summary>
    LocalnetDrop,

    /// <summary>Packets conntrack cannot place are dropped, lest a reset kills a connection.</summary>
    InvalidDrop,

    /// <summary>Traffic that will be masqueraded may be forwarded.</summary>
    ForwardMarked,

    /// <summary>Packets of known connections may be forwarded.</summary>
    ForwardEstablished,

    /// <summary>What is addressed to the node may be for a node port.</summary>
    NodePortsJump,

    /// <summary>The cluster IP leads to the Service.</summary>
    ClusterIP,

    /// <summary>An external IP leads to the Service.</summary>
    ExternalIP,

    /// <summary>A load balancer address leads to the Service.</summary>
    LoadBalancerIP,

    /// <summary>A node port leads to the Service.</summary>
    NodePort,

    /// <summary>The same by way of 127.0.0.1, counted.</summary>
    LocalhostNodePort,

    /// <summary>The port load balancers ask for the node's health is open.</summary>
    HealthCheckNodePort,

    /// <summary>The Service has no endpoint anywhere: traffic is rejected.</summary>
    NoEndpoints,

    /// <summary>The policy wants endpoints of this node and there is none: traffic is dropped.</summary>
    NoLocalEndpoints,

    /// <summary>What the source ranges did not accept is dropped.</summary>
    LoadBalancerFirewallDrop,

    /// <summary>Traffic to the cluster IP from outside the pod network is marked for masquerading.</summary>
    MasqueradeClusterIPTraffic,

    /// <summary>Traffic from outside is marked for masquerading, as it may go to another node.</summary>
    MasqueradeExternalTraffic,

    /// <summary>Pods' traffic to an external address goes to the endpoints of all nodes.</summary>
    PodTrafficToExternal,

    /// <summary>The node's own traffic to an external address is marked for masquerading.</summary>
    MasqueradeNodeTrafficToExternal,

    /// <summary>The node's own traffic to an external address goes to the endpoints of all nodes.</summary>
    NodeTrafficToExternal,

    /// <summary>Other traffic from outside goes where the external traffic policy says.</summary>
    ExternalTrafficPolicy,

    /// <summary>A source range is accepted.</summary>
    SourceRange,

    /// <summary>The node reaches the load balancer address too, since a source range holds its address.</summary>
    SourceRangeNode,

    /// <summary>The end of the source ranges: what comes here will be dropped later.</summary>
    SourceRangesEnd,

    /// <summary>A client that came before goes to the endpoint it had.</summary>
    SessionAffinity,

    /// <summary>An endpoint is chosen, each with the same probability.</summary>
    EndpointChoice,

    /// <summary>An endpoint that reaches itself is masqueraded, or it would answer itself directly.</summary>
    Hairpin,

    /// <summary>The destination becomes the endpoint.</summary>
    EndpointDnat,
}
