using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Nat;

/// <summary>
/// Translation at a hook, around the nat table, which only packets that begin a connection see (<c>nf_nat_proto.c
/// nf_nat_ipv4_fn</c> and its kin, <c>nf_nat_core.c nf_nat_inet_fn</c>).
/// </summary>
/// <param name="table">The nat table.</param>
internal sealed class NatHook(HookFunction table) : HookFunction
{
    /// <inheritdoc/>
    public override string Name => table.Name;

    /// <inheritdoc/>
    public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        if (packet.Connection < 0)
        {
            return Verdict.Accept;
        }
        bool isRouted = hook == Hook.PreRouting && packet.Route is not null;
        NetAddress destination = isRouted ? packet.Destination : default;
        Verdict verdict = packet.ConntrackInfo.IsRelated() && IcmpErrorTranslation.IsIcmp(packet)
            ? TranslateError(hook, packet, walk)
            : Translate(hook, packet, walk);
        if (isRouted && packet.Destination != destination)
        {
            // What came over lo was routed already (nf_nat_ipv4_pre_routing: skb_dst_drop).
            packet.Route = null;
        }
        if (verdict == Verdict.Accept && hook == Hook.LocalOut && HasNewDestination(packet, walk)
            && !walk.Stack.RouteMeHarder(packet))
        {
            walk.Blame(Fate.Dropped("nat: no route to the new destination"));
            return Verdict.Drop;
        }
        return verdict;
    }

    private static Verdict TranslateError(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        if (IcmpErrorTranslation.Apply(packet, hook, walk))
        {
            return Verdict.Accept;
        }
        walk.Blame(Fate.Dropped("nat: an ICMP error that cannot be translated"));
        return Verdict.Drop;
    }

    private Verdict Translate(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        int id = packet.Connection;
        NatManip manip = NatManipExtensions.ManipAt(hook);
        bool begins = packet.ConntrackInfo is ConntrackInfo.New or ConntrackInfo.Related or ConntrackInfo.RelatedReply;
        if (begins && !NatEngine.IsDecided(walk.Conntrack.Read(id).Status, manip))
        {
            Verdict verdict = table.Invoke(hook, packet, walk);
            if (verdict == Verdict.Accept && !NatEngine.IsDecided(walk.Conntrack.Read(id).Status, manip))
            {
                verdict = walk.Nat.SetupNullBinding(id, manip, walk);
            }
            if (verdict != Verdict.Accept)
            {
                return verdict;
            }
        }
        else if (HasOtherWay(hook, packet, walk.Conntrack.Read(id)))
        {
            // Masqueraded with the address of another interface than it leaves by now.
            walk.Conntrack.KillAccounted(id, packet, walk);
            walk.Blame(Fate.Dropped("nat: leaves by another interface than it was masqueraded for"));
            return Verdict.Drop;
        }
        return walk.Nat.Translate(packet, hook, walk);
    }

    private static bool HasOtherWay(Hook hook, PacketBuffer packet, in ConnectionRecord record) =>
        record.MasqueradeDevice != 0 && hook == Hook.PostRouting
        && packet.ConntrackInfo.DirectionOf() == ConnectionDirection.Original
        && record.MasqueradeDevice != packet.OutDevice?.Index;

    private static bool HasNewDestination(PacketBuffer packet, WalkContext walk)
    {
        ConnectionDirection direction = packet.ConntrackInfo.DirectionOf();
        ConnectionTracker tracker = walk.Conntrack;
        return tracker.Read(packet.Connection).Has(ConnectionStatus.NatMask)
            && tracker.TupleOf(packet.Connection, direction).Destination
                != tracker.TupleOf(packet.Connection, direction.Opposite()).Source;
    }
}
