namespace Netfilter.Sim.Conntrack;

/// <summary>What a packet's relation to its connection implies.</summary>
internal static class ConntrackInfoExtensions
{
    /// <summary>Which way the packet goes (<c>CTINFO2DIR</c>).</summary>
    public static ConnectionDirection DirectionOf(this ConntrackInfo info) =>
        info is >= ConntrackInfo.EstablishedReply and < ConntrackInfo.Untracked
            ? ConnectionDirection.Reply : ConnectionDirection.Original;

    /// <summary>The other way.</summary>
    public static ConnectionDirection Opposite(this ConnectionDirection direction) => (ConnectionDirection)(1 - (int)direction);

    /// <summary>Whether it is an ICMP error about its connection, or begins an announced one.</summary>
    public static bool IsRelated(this ConntrackInfo info) => info is ConntrackInfo.Related or ConntrackInfo.RelatedReply;
}
