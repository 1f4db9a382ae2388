using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>What a protocol's tracker needs besides packet and connection.</summary>
internal readonly struct TrackContext(ConnectionTracker tracker, WalkContext walk, uint jiffies, ConntrackTemplate? template)
{
    public ConnectionTracker Tracker { get; } = tracker;

    public WalkContext Walk { get; } = walk;

    /// <summary>The kernel's clock.</summary>
    public uint Jiffies { get; } = jiffies;

    /// <summary>What a CT rule asked for; null when none did.</summary>
    public ConntrackTemplate? Template { get; } = template;

    /// <summary>Whether transport checksums are looked at: only of what comes in, and not when switched off.</summary>
    public bool VerifiesChecksum(Hook hook) => hook == Hook.PreRouting && Tracker.Settings.Checksum;

    /// <summary>Whether the transport checksum is looked at and wrong; a right one is remembered (<c>nf_checksum</c>).</summary>
    public bool FindsBadChecksum(Hook hook, PacketBuffer packet)
    {
        if (!VerifiesChecksum(hook) || packet.HasPartialChecksum)
        {
            return false;
        }
        if (Checksum.OfTransport(packet.Span, packet.Family, packet.TransportOffset, packet.Protocol) != 0)
        {
            return true;
        }
        packet.NoteValidChecksum();
        return false;
    }
}

/// <summary>What a protocol's tracker made of a packet of a connection.</summary>
internal enum TrackResult : byte
{
    /// <summary>It belongs to the connection (<c>NF_ACCEPT</c>).</summary>
    Accept,

    /// <summary>It does not (<c>-NF_ACCEPT</c>).</summary>
    Invalid,

    /// <summary>The connection is gone; look again (<c>-NF_REPEAT</c>).</summary>
    Repeat,

    /// <summary>Thrown away (<c>NF_DROP</c>).</summary>
    Drop,
}
