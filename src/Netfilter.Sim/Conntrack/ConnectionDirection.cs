namespace Netfilter.Sim.Conntrack;

/// <summary>Which way a packet of a connection goes (<c>enum ip_conntrack_dir</c>).</summary>
public enum ConnectionDirection : byte
{
    /// <summary>The way of the first packet.</summary>
    Original = 0,

    /// <summary>The way of the answers.</summary>
    Reply = 1,
}
