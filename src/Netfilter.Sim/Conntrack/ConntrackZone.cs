namespace Netfilter.Sim.Conntrack;

/// <summary>
/// A conntrack zone: connections of different zones do not meet (<c>struct nf_conntrack_zone</c>). <c>default</c> is the
/// default zone 0.
/// </summary>
/// <param name="Id">Number of the zone.</param>
/// <param name="Directions">Where it counts; nowhere else the default zone does.</param>
public readonly record struct ConntrackZone(ushort Id, ConntrackZoneDirections Directions = ConntrackZoneDirections.Both)
{
    /// <summary>The number that counts in one direction (<c>nf_ct_zone_id</c>).</summary>
    public ushort IdIn(ConnectionDirection direction) =>
        Directions == ConntrackZoneDirections.Both || (int)Directions == 1 + (int)direction ? Id : (ushort)0;
}
