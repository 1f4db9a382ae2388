using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Stack;

/// <summary>
/// What the host does with IPv4 options (<c>net/ipv4/ip_input.c ip_rcv_options</c>, <c>net/ipv4/ip_options.c</c>).
/// </summary>
internal sealed partial class IpStack
{
    private const int DestinationField = 16;
    private const long NanosecondsPerDay = 86_400_000_000_000;

    /// <summary>The milliseconds since midnight (<c>inet_current_timestamp</c>).</summary>
    private uint TimeOfDay => (uint)(Walk.NowNanoseconds % NanosecondsPerDay / 1_000_000);

    /// <summary>Reads the options of a packet that has its route, and follows a source route.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="device">The interface it came in by.</param>
    /// <param name="decision">Its route; a source route leads to another one.</param>
    /// <returns>What became of it when it goes no further.</returns>
    private Fate? ReceiveOptions(PacketBuffer packet, NetDevice device, ref InputRoute decision)
    {
        NetAddress address = packet.Route!.Type == RouteType.Local ? packet.Destination : SpecificDestination(packet);
        IpOptionsReader reader = new(packet.Writable[..packet.TransportOffset], Fib, address.IPv4Bits, TimeOfDay);
        int problem = reader.Read();
        packet.Options = reader.Found;
        if (problem != 0)
        {
            return RejectOptions(packet, problem, "malformed IP options");
        }
        if (packet.Options.SourceRoute == 0)
        {
            return null;
        }
        return Fib.Flags(device).AcceptsSourceRouteIPv4
            ? FollowSourceRoute(packet, device, ref decision)
            : Fate.Dropped("a source route (accept_source_route is off)");
    }

    private Fate RejectOptions(PacketBuffer packet, int pointer, string reason)
    {
        SendIcmpError(packet, IcmpType.ParameterProblem, 0, (uint)pointer << 24);
        return Fate.Rejected(reason);
    }

    /// <summary><c>ip_options_rcv_srr</c>: stops that are this host itself are passed at once.</summary>
    private Fate? FollowSourceRoute(PacketBuffer packet, NetDevice device, ref InputRoute decision)
    {
        RouteType type = decision.Route.Type;
        if (packet.PacketType == PacketType.Host && type == RouteType.Unicast)
        {
            return packet.Options.IsStrictRoute
                ? RejectOptions(packet, DestinationField, "not on its strict source route")
                : null;
        }
        if (packet.PacketType != PacketType.Host || type != RouteType.Local)
        {
            return Fate.Dropped("a source route with a destination that is no host's");
        }
        int place = packet.Options.SourceRoute;
        int length = packet.Span[place + 1];
        for (int pointer = packet.Span[place + 2]; pointer <= length; pointer += 4)
        {
            if (pointer + 3 > length)
            {
                return RejectOptions(packet, place + 2, "a source route that ends within an address");
            }
            uint stop = packet.ReadUInt32(place + pointer - 1);
            RouteKey key = KeyOf(packet, device.Index);
            key.Destination = new NetAddress(stop);
            InputRoute next = Fib.RouteInputV4(key, device);
            if (next.Kind is not (InputKind.Forward or InputKind.Local))
            {
                return Fate.Dropped("no way to the next stop of its source route");
            }
            decision = next;
            packet.Route = next.Route;
            packet.Options.IsChanged = true;
            NoteRoute(packet, next.Route);
            if (next.Kind == InputKind.Forward)
            {
                packet.Options.NextHop = stop;
                return null;
            }
            BinaryPrimitives.WriteUInt32BigEndian(packet.Writable[DestinationField..], stop);
        }
        return null;
    }

    /// <summary>Enters the address of the way out, and the next stop as destination (<c>ip_options_forward</c>).</summary>
    private void ForwardOptions(PacketBuffer packet, NetDevice device)
    {
        ref IpOptions options = ref packet.Options;
        if (packet.TransportOffset != IpOptions.HeaderLength + options.Length)
        {
            return;
        }
        Span<byte> header = packet.Writable[..packet.TransportOffset];
        if (options.RecordNeedsAddress)
        {
            int place = options.RecordRoute;
            WriteForwardingAddress(packet, device, header[(place + header[place + 2] - 5)..]);
        }
        if (options.NextHop is { } stop)
        {
            PassStop(packet, device, header, stop);
        }
        if (options.TimestampNeedsAddress)
        {
            int place = options.Timestamp;
            WriteForwardingAddress(packet, device, header[(place + header[place + 2] - 9)..]);
        }
        if (options.IsChanged)
        {
            options.IsChanged = false;
            packet.RecomputeHeaderChecksum();
        }
    }

    private void PassStop(PacketBuffer packet, NetDevice device, Span<byte> header, uint stop)
    {
        Span<byte> option = header[packet.Options.SourceRoute..];
        int length = option[1];
        for (int pointer = option[2]; pointer + 3 <= length; pointer += 4)
        {
            Span<byte> place = option[(pointer - 1)..];
            if (BinaryPrimitives.ReadUInt32BigEndian(place) == stop)
            {
                BinaryPrimitives.WriteUInt32BigEndian(header[DestinationField..], stop);
                WriteForwardingAddress(packet, device, place);
                option[2] = (byte)(pointer + 4);
                return;
            }
        }
    }

    /// <summary>The address that the host would send from by the way the packet takes (<c>ip_rt_get_source</c>).</summary>
    private void WriteForwardingAddress(PacketBuffer packet, NetDevice device, Span<byte> place)
    {
        RouteResult way = packet.Route!;
        RouteResult found = Fib.LookupV4(new RouteKey
        {
            Destination = packet.Destination,
            Source = packet.Source,
            InIndex = device.Index,
            OutIndex = way.Device!.Index,
            Mark = packet.Mark,
            Tos = packet.Span[1],
        });
        NetAddress source = !Fib.ThrowsAway(found.Type)
            ? Fib.SourceOf(found)
            : Fib.SelectSourceV4(way.Device, way.NextHop(packet.Destination), RouteScope.Universe) ?? default;
        BinaryPrimitives.WriteUInt32BigEndian(place, source.IPv4Bits);
    }

    /// <summary>Lets an answer start on the way back of a source route; transport checksums go on covering the last stop.</summary>
    private static void Redirect(PacketBuffer answer, uint? firstHop)
    {
        if (firstHop is { } hop)
        {
            BinaryPrimitives.WriteUInt32BigEndian(answer.Writable[DestinationField..], hop);
            answer.RecomputeHeaderChecksum();
        }
    }
}
