using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Engine;

/// <summary>A packet that NFLOG handed to user space.</summary>
/// <param name="Group">The group.</param>
/// <param name="Prefix">The text of the rule.</param>
/// <param name="Hook">Where the packet was.</param>
/// <param name="InDevice">Name of the interface it came in by; empty for none.</param>
/// <param name="OutDevice">Name of the interface it leaves by; empty for none.</param>
/// <param name="Mark">Its firewall mark.</param>
/// <param name="Packet">The packet at that moment.</param>
public sealed record NflogRecord(
    ushort Group, string Prefix, Hook Hook, string InDevice, string OutDevice, uint Mark, Packet Packet)
{
    /// <summary>Name of the bridge port it came in by; empty for none.</summary>
    public string PhysInDevice { get; init; } = string.Empty;

    /// <summary>Name of the bridge port it leaves by; empty for none.</summary>
    public string PhysOutDevice { get; init; } = string.Empty;
}
