namespace Netfilter.Sim.Conntrack;

/// <summary>In which directions a zone counts (<c>NF_CT_ZONE_DIR_*</c>).</summary>
public enum ConntrackZoneDirections : byte
{
    /// <summary>In both.</summary>
    Both = 0,

    /// <summary>Only for the original direction (<c>CT --zone-orig</c>).</summary>
    Original = 1,

    /// <summary>Only for the reply direction (<c>CT --zone-reply</c>).</summary>
    Reply = 2,
}
