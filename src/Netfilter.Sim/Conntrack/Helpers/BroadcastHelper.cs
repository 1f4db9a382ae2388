using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>
/// netbios-ns and snmp: every host of the subnet may answer a broadcast of this host (<c>nf_conntrack_broadcast.c</c>).
/// </summary>
/// <param name="name">The helper's name.</param>
/// <param name="port">The port that answers come from.</param>
/// <param name="timeoutSeconds">For how long they may come.</param>
internal sealed class BroadcastHelper(string name, ushort port, int timeoutSeconds) : ConnectionHelper
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override ExpectationPolicy PolicyOf(int expectationClass) => new(1, timeoutSeconds);

    /// <inheritdoc/>
    public override Verdict Help(PacketBuffer packet, int connection, WalkContext walk)
    {
        if (packet.Socket is null || packet.Route?.Type != RouteType.Broadcast
            || packet.ConntrackInfo.DirectionOf() != ConnectionDirection.Original || packet.Route.Device is not { } device
            || MaskOf(packet.Destination, device) is not { } mask)
        {
            return Verdict.Accept;
        }
        ConnectionTuple reply = walk.Conntrack.Reply(connection);
        uint now = ConnectionTracker.JiffiesOf(walk.NowNanoseconds);
        walk.Conntrack.Expect(
            new Expectation
            {
                Tuple = reply with { SourcePort = port },
                SourceMask = mask,
                SourcePortMask = ushort.MaxValue,
                Master = connection,
                IsPermanent = true,
            },
            now);
        walk.Conntrack.Prolong(connection, (uint)timeoutSeconds * ConntrackSettings.Hz, now);
        return Verdict.Accept;
    }

    /// <summary>The mask of the network that a broadcast address was given for.</summary>
    private static NetAddress? MaskOf(NetAddress destination, NetDevice device)
    {
        foreach (InterfaceAddress address in device.Addresses)
        {
            if (!address.IsSecondary && address.Broadcast == destination)
            {
                return new NetAddress(address.PrefixLength == 0 ? 0 : uint.MaxValue << (32 - address.PrefixLength));
            }
        }
        return null;
    }
}
