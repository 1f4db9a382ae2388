using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// What rules name that lies outside them: protocols, services, hosts, users, realms, ipsets, accounting objects …. The
/// tools of a namespace use the namespace's; derive from it to answer differently.
/// </summary>
public class RuleEnvironment
{
    /// <summary>The names of the environment that iptables' behaviour was recorded in.</summary>
    public static RuleEnvironment Default { get; } = new();

    /// <summary>The same names; every set, accounting object and estimator that a rule names is taken to exist.</summary>
    public static RuleEnvironment Permissive { get; } = new PermissiveEnvironment();

    /// <summary>Names of protocols, services, networks, hosts, users and groups.</summary>
    public NameDatabase Names { get; init; } = NameDatabase.Default;

    /// <summary>What is known of an ipset; null when there is none of that name.</summary>
    public virtual SetFacts? FindSet(string name) => null;

    /// <summary>Whether an accounting object (<c>nfacct</c>) exists.</summary>
    public virtual bool HasAccounting(string name) => false;

    /// <summary>Whether a rate estimator exists.</summary>
    public virtual bool HasRateEstimator(string name) => false;

    /// <summary>Whether a path exists in the cgroup2 hierarchy.</summary>
    public virtual bool HasCgroup(string path) => path is "/" or "";

    /// <summary>The number of a connection label's name; null when connlabel.conf has none.</summary>
    public virtual int? FindConnectionLabel(string name) => null;

    private sealed class PermissiveEnvironment : RuleEnvironment
    {
        public override SetFacts? FindSet(string name) => new(name, null, 6, HasCounters: true, HasSkbInfo: true);

        public override bool HasAccounting(string name) => true;

        public override bool HasRateEstimator(string name) => true;

        public override bool HasCgroup(string path) => true;
    }
}

/// <summary>What the tool and the kernel ask of an ipset when a rule names it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Family">The family; null when the set has none or both.</param>
/// <param name="Dimension">How many directions it takes.</param>
/// <param name="HasCounters">Whether it counts.</param>
/// <param name="HasSkbInfo">Whether it holds marks, priorities and queues.</param>
public sealed record SetFacts(string Name, IpFamily? Family, int Dimension, bool HasCounters = false, bool HasSkbInfo = false);
