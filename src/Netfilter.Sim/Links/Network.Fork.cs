using System.Collections.Immutable;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Exploration;

namespace Netfilter.Sim.Links;

/// <summary>Networks that go their own way.</summary>
public sealed partial class Network
{
    /// <summary>
    /// Makes a second network in the same state: each host is forked (<see cref="NetworkNamespace.Fork(string?)"/>) and stands
    /// in <see cref="Hosts"/> where its origin does; hosts that shared a <see cref="ManualTimeProvider"/> share its copy.
    /// </summary>
    public Network Fork() => Fork(host => host.Chance.Fork());

    /// <summary>Every outcome of anything that can be done to a network, with its exact probability. The network stays as it is.</summary>
    /// <param name="run">What is done, each time to a fresh fork.</param>
    /// <param name="options">How outcomes are looked for; null for the usual.</param>
    /// <typeparam name="T">What comes out.</typeparam>
    /// <exception cref="ExplorationTooLargeException">There are more outcomes than allowed.</exception>
    public Distribution<T> Explore<T>(Func<Network, T> run, ExploreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        LearnNeighbours();
        return Explorer.Explore(chance => run(Fork(_ => chance)), options ?? ExploreOptions.Default);
    }

    /// <summary>The host of a name.</summary>
    /// <exception cref="ArgumentException">There is no such host.</exception>
    public NetworkNamespace Host(string name) => Hosts.FirstOrDefault(host => host.Name == name)
        ?? throw new ArgumentException($"There is no host {name}.", nameof(name));

    private Network Fork(Func<NetworkNamespace, INetfilterChance> chanceOf)
    {
        Dictionary<TimeProvider, TimeProvider> clocks = [];
        Dictionary<NetworkNamespace, NetworkNamespace> forks = [];
        foreach (NetworkNamespace host in Hosts)
        {
            if (!clocks.TryGetValue(host.Clock, out TimeProvider? clock))
            {
                clock = host.Clock is ManualTimeProvider manual ? new ManualTimeProvider(manual.GetUtcNow()) : host.Clock;
                clocks.Add(host.Clock, clock);
            }
            forks.Add(host, host.Fork(null, chanceOf(host), clock));
        }
        Network fork = new() { Hosts = [.. Hosts.Select(host => forks[host])], _nextMacAddress = _nextMacAddress };
        fork._segments.AddRange(_segments.Select(segment =>
            new Segment([.. segment.Ends.Select(end => end with { Host = forks[end.Host] })])));
        foreach ((NetworkNamespace host, ImmutableArray<Routing.NetDevice> known) in _learnt)
        {
            fork._learnt[forks[host]] = known;
        }
        return fork;
    }
}
