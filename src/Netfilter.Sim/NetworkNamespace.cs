using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Stack;
using Netfilter.Sim.State;

namespace Netfilter.Sim;

/// <summary>
/// A network namespace: interfaces, routes, rules, connections. The only thing in the library that changes. Not safe for
/// use by several threads at once; forks are independent of each other.
/// </summary>
public sealed partial class NetworkNamespace
{
    private Fib? _fib;
    private NetworkConfiguration _configuration = NetworkConfiguration.Initial;

    /// <summary>Makes a namespace with <c>lo</c>, the kernel's default settings and no rules.</summary>
    /// <param name="name">A name for people, for example a node's.</param>
    /// <param name="clock">What time it is; null for a <see cref="ManualTimeProvider"/> that stands at a fixed instant.</param>
    /// <param name="chance">Who answers questions of chance; null for a seeded generator with a fixed seed.</param>
    public NetworkNamespace(string name, TimeProvider? clock = null, INetfilterChance? chance = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        Clock = clock ?? new ManualTimeProvider();
        Chance = chance ?? new SeededChance(0);
        States = new RuleStateStore { Now = () => NowNanoseconds };
        Context = new WalkContext(this);
        Stack = new IpStack(this);
    }

    /// <summary>The name given at the start.</summary>
    public string Name { get; }

    /// <summary>The clock that timeouts, limits and lists run on.</summary>
    public TimeProvider Clock { get; }

    /// <summary>
    /// Whether rules are refused of which it is known at load that Linux' answer is not modelled
    /// (<see cref="Rules.Match.NotModelled"/>, <see cref="Rules.ExtensionTarget.NotModelled"/>): a
    /// <see cref="RulesetLoadException"/> says where and why, and the tools fail with that reason. Otherwise, as by default,
    /// packets that come to such a rule end <see cref="FateKind.Unknown"/>. Forks keep it.
    /// </summary>
    public bool IsStrict { get; init; }

    internal INetfilterChance Chance { get; private set; }

    internal RuleStateStore States { get; private set; }

    /// <summary>What is registered at the hooks.</summary>
    internal HookPipeline Hooks { get; private init; } = new();

    /// <summary>The walk that is under way, or the last one.</summary>
    internal WalkContext Context { get; }

    /// <summary>The IP layer.</summary>
    internal IpStack Stack { get; }

    /// <summary>All that is set up besides rulesets; replaced as a whole by every change.</summary>
    internal NetworkConfiguration Configuration
    {
        get => _configuration;
        set => (_configuration, _fib) = (value, value.HasSameRouting(_configuration) ? _fib : null);
    }

    /// <summary>The routing tables, ready for look-ups.</summary>
    internal Fib Fib => _fib ??= Fib.Build(_configuration);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
