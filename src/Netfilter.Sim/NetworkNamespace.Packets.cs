using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim;

/// <summary>Packets in and out.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>A packet comes in by an interface; the walk tells what became of it and of all that followed from it.</summary>
    /// <param name="device">Name of the interface.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="options">How closely to watch; null for every rule.</param>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public Walk Receive(string device, Packet packet, WalkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return ReceiveFrame(device, default, packet.Bytes, options);
    }

    /// <summary>An Ethernet frame comes in by an interface.</summary>
    /// <param name="device">Name of the interface.</param>
    /// <param name="linkHeader">Destination, source, VLAN tags if any, and type.</param>
    /// <param name="payload">What follows it.</param>
    /// <param name="options">How closely to watch; null for every rule.</param>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    public Walk ReceiveFrame(string device, ReadOnlySpan<byte> linkHeader, ReadOnlySpan<byte> payload, WalkOptions? options = null)
    {
        options ??= WalkOptions.Default;
        Walk walk = new(options);
        NetDevice known = Interface(device);
        Begin(walk, walk.Recorder, options.IsLinear);
        Stack.Receive(known, linkHeader, payload);
        Context.End();
        return walk;
    }

    /// <summary>
    /// A packet comes in by an interface, without copies and without allocation: what leaves and what is delivered is shown
    /// to a sink as it happens.
    /// </summary>
    /// <returns>What became of the packet itself.</returns>
    public Fate Process(NetDevice device, ReadOnlySpan<byte> packet, IPacketSink sink)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(sink);
        Begin(sink, null, isLinear: false);
        Stack.Receive(device, default, packet);
        Context.End();
        return Context.FirstFate;
    }

    /// <summary>A local program sends a whole packet by a raw socket: it enters at OUTPUT.</summary>
    /// <param name="packet">The packet; an IPv4 length, checksum or identification of 0 is filled in as the kernel does.</param>
    /// <param name="socket">The socket with mark and owner; null for one of root's.</param>
    /// <param name="options">How closely to watch; null for every rule.</param>
    /// <returns>The walk; <see cref="Walk.SendError"/> says what the program is told.</returns>
    public Walk Send(Packet packet, LocalSocket? socket = null, WalkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(packet);
        options ??= WalkOptions.Default;
        Walk walk = new(options);
        Begin(walk, walk.Recorder, options.IsLinear);
        walk.SendError = Stack.Send(packet.Bytes, socket ?? RawSocket);
        Context.End();
        return walk;
    }

    private static LocalSocket RawSocket { get; } = new(255, 0);

    /// <summary>Nanoseconds since 1970 by the namespace's clock.</summary>
    internal long NowNanoseconds => (Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private void Begin(IPacketSink sink, WalkRecorder? recorder, bool isLinear) =>
        Context.Begin(NowNanoseconds, sink, recorder, isLinear);
}
