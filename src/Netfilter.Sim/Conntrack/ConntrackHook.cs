using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// Connection tracking at PREROUTING and OUTPUT (<c>nf_conntrack_proto.c ipv4_conntrack_in, ipv4_conntrack_local</c>).
/// </summary>
internal sealed class ConntrackHook : HookFunction
{
    /// <summary>The one there is: it keeps nothing.</summary>
    public static ConntrackHook Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "conntrack";

    /// <inheritdoc/>
    public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        bool isFragment = packet.Family == Addressing.IpFamily.IPv4 && (packet.FragmentOffset != 0 || packet.MoreFragments);
        if (hook == Hook.LocalOut && isFragment)
        {
            // A socket that forbids reassembly sends fragments; they are not tracked.
            packet.Template = null;
            return Verdict.Accept;
        }
        return walk.Conntrack.Track(hook, packet, walk);
    }
}
