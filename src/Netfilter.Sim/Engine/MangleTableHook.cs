using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// The mangle table: after OUTPUT the route is looked up anew when a rule changed what it depends on
/// (<c>iptable_mangle.c ipt_mangle_out</c>, <c>ip6table_mangle.c ip6t_mangle_out</c>).
/// </summary>
internal sealed class MangleTableHook(IpFamily family) : TableHook(family, TableDefinition.Mangle)
{
    public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        if (hook != Hook.LocalOut)
        {
            return base.Invoke(hook, packet, walk);
        }
        RouteInputs before = new(packet);
        Verdict verdict = base.Invoke(hook, packet, walk);
        if (verdict is Verdict.Accept or Verdict.QueueBypass && before != new RouteInputs(packet) && !walk.Stack.RouteMeHarder(packet))
        {
            walk.Blame(Fate.Dropped("there is no route for the packet as mangle/OUTPUT changed it"));
            return Verdict.Drop;
        }
        return verdict;
    }

    /// <summary>IPv4: addresses, mark, type of service. IPv6: addresses, mark, hop limit, flow label with traffic class.</summary>
    private readonly record struct RouteInputs(NetAddress Source, NetAddress Destination, uint Mark, ulong Other)
    {
        public RouteInputs(PacketBuffer packet)
            : this(packet.Source, packet.Destination, packet.Mark, OtherOf(packet.Span))
        {
        }

        private static ulong OtherOf(ReadOnlySpan<byte> ip) => ip[0] >> 4 == 4
            ? ip[1]
            : ((ulong)BinaryPrimitives.ReadUInt32BigEndian(ip) << 8) | ip[7];
    }
}
