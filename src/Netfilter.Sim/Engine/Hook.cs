namespace Netfilter.Sim.Engine;

/// <summary>The five places in the IP path where functions can be registered (<c>enum nf_inet_hooks</c>).</summary>
public enum Hook : byte
{
    /// <summary>After a packet has come in, before routing.</summary>
    PreRouting = 0,

    /// <summary>Before a packet is given to the local host.</summary>
    LocalIn = 1,

    /// <summary>Between routing and sending, for packets of others.</summary>
    Forward = 2,

    /// <summary>After the local host has made a packet and routed it.</summary>
    LocalOut = 3,

    /// <summary>The last place before a packet leaves.</summary>
    PostRouting = 4,
}
