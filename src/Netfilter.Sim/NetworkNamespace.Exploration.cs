using Netfilter.Sim.Engine;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim;

/// <summary>Everything that can become of a packet.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>
    /// Every outcome of a packet that comes in by an interface, with its exact probability. The namespace stays as it is.
    /// </summary>
    /// <param name="device">Name of the interface.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="options">How outcomes are looked for; null for the usual.</param>
    /// <exception cref="ArgumentException">There is no such interface.</exception>
    /// <exception cref="ExplorationTooLargeException">There are more outcomes than allowed.</exception>
    public Distribution<Walk> Explore(string device, Packet packet, ExploreOptions? options = null) =>
        Explore((branch, walkOptions) => branch.Receive(device, packet, walkOptions), options);

    /// <summary>Every outcome of a packet that a local program sends, with its exact probability. The namespace stays as it is.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="socket">The socket; null for one of root's.</param>
    /// <param name="options">How outcomes are looked for; null for the usual.</param>
    /// <exception cref="ExplorationTooLargeException">There are more outcomes than allowed.</exception>
    public Distribution<Walk> ExploreSend(Packet packet, LocalSocket? socket = null, ExploreOptions? options = null) =>
        Explore((branch, walkOptions) => branch.Send(packet, socket, walkOptions), options);

    /// <summary>Every outcome of anything that can be done to a namespace, with its exact probability.</summary>
    /// <param name="run">What is done, each time to a fresh fork: packets, replies, turns of the clock.</param>
    /// <param name="options">How outcomes are looked for; null for the usual.</param>
    /// <typeparam name="T">What comes out.</typeparam>
    /// <exception cref="ExplorationTooLargeException">There are more outcomes than allowed.</exception>
    public Distribution<T> Explore<T>(Func<NetworkNamespace, T> run, ExploreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Explorer.Explore(chance => run(Fork(null, chance)), options ?? ExploreOptions.Default);
    }

    private Distribution<Walk> Explore(Func<NetworkNamespace, WalkOptions, Walk> run, ExploreOptions? options)
    {
        WalkOptions walkOptions = options is { KeepsSteps: false } ? WalkOptions.Unwatched : WalkOptions.Default;
        return Explore(branch => run(branch, walkOptions), options);
    }
}
