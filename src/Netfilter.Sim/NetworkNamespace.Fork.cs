using Netfilter.Sim.Determinism;

namespace Netfilter.Sim;

/// <summary>Forks (D3).</summary>
public sealed partial class NetworkNamespace
{
    private NetworkNamespace(NetworkNamespace origin, string name, TimeProvider clock, INetfilterChance chance)
        : this(name, clock, chance)
    {
        IsStrict = origin.IsStrict;
        _configuration = origin._configuration;
        _fib = origin._fib;
        States = origin.States.Fork(() => NowNanoseconds);
        Hooks = origin.Hooks.Fork();
        Stack.CopyPeers(origin.Stack);
        Stack.CopyLinkState(origin.Stack);
        origin.ForkTables(this);
        origin.ForkConnections(this);
        origin.ForkFragments(this);
    }

    /// <summary>
    /// Makes a second namespace in the same state, at the cost of what either changes later. Nothing that is done with one is
    /// seen by the other: tables, counters, connections, lists. A <see cref="ManualTimeProvider"/> is copied, so that its
    /// fork's clock can be turned alone; any other clock is shared.
    /// </summary>
    /// <param name="name">Its name; null for the same.</param>
    public NetworkNamespace Fork(string? name = null) => Fork(name, Chance.Fork());

    /// <summary>Makes a fork whose questions of chance somebody else answers.</summary>
    internal NetworkNamespace Fork(string? name, INetfilterChance chance)
    {
        TimeProvider clock = Clock is ManualTimeProvider manual ? new ManualTimeProvider(manual.GetUtcNow()) : Clock;
        return Fork(name, chance, clock);
    }

    /// <summary>Makes a fork that shares its clock with others.</summary>
    internal NetworkNamespace Fork(string? name, INetfilterChance chance, TimeProvider clock) => new(this, name ?? Name, clock, chance);
}
