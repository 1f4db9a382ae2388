using System.Collections;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>The rules of policy routing of a namespace: a view that changes it.</summary>
public sealed class PolicyRuleCollection : IReadOnlyCollection<PolicyRule>
{
    private readonly NetworkNamespace _host;

    internal PolicyRuleCollection(NetworkNamespace host) => _host = host;

    /// <inheritdoc/>
    public int Count => _host.Configuration.Rules.Count;

    /// <summary>Adds what follows <c>ip rule add</c>, for example <c>fwmark 1 lookup 100</c>.</summary>
    /// <param name="rule">The rule; without a priority it goes before the lowest after 0.</param>
    /// <param name="family">The family (<c>ip -6 rule</c>); null to tell from the prefixes, IPv4 when there are none.</param>
    /// <exception cref="FormatException">Not a rule.</exception>
    /// <exception cref="InvalidOperationException">There is such a rule already.</exception>
    public void Add(string rule, IpFamily? family = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Add(PolicyRuleText.Parse(new IpArguments(rule), family, out bool hasPriority), hasPriority);
    }

    /// <summary>Adds a rule at its priority.</summary>
    /// <exception cref="InvalidOperationException">There is such a rule already.</exception>
    public void Add(PolicyRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Add(rule, hasPriority: true);
    }

    /// <summary>Removes what follows <c>ip rule del</c>.</summary>
    /// <exception cref="FormatException">Not a rule.</exception>
    /// <exception cref="InvalidOperationException">There is no such rule.</exception>
    public void Remove(string rule, IpFamily? family = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Remove(PolicyRuleText.Parse(new IpArguments(rule), family, out bool hasPriority), hasPriority);
    }

    internal void Remove(PolicyRule wanted, bool hasPriority) =>
        _host.Configuration = _host.Configuration.WithoutRule(known =>
                (known with { Protocol = wanted.Protocol }) == (hasPriority ? wanted : wanted with { Priority = known.Priority }))
            ?? throw new InvalidOperationException("RTNETLINK answers: No such file or directory");

    /// <inheritdoc/>
    public IEnumerator<PolicyRule> GetEnumerator() => _host.Configuration.Rules.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(PolicyRule rule, bool hasPriority)
    {
        if (hasPriority && _host.Configuration.Rules.Contains(rule))
        {
            throw new InvalidOperationException("RTNETLINK answers: File exists");
        }
        _host.Configuration = _host.Configuration.WithRule(rule, hasPriority);
    }
}
