using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;

namespace Netfilter.Sim;

/// <summary>The tables of iptables and ip6tables.</summary>
public sealed partial class NetworkNamespace
{
    private XtablesState? _xtablesV4, _xtablesV6;

    /// <summary>The loaded tables of a family.</summary>
    internal XtablesState Xtables(IpFamily family) => family == IpFamily.IPv4
        ? _xtablesV4 ??= Watched(new XtablesState(IpFamily.IPv4, Hooks, IsStrict))
        : _xtablesV6 ??= Watched(new XtablesState(IpFamily.IPv6, Hooks, IsStrict));

    /// <summary>Gives a fork, whose hooks are registered already, tables that go their own way from now on.</summary>
    private void ForkTables(NetworkNamespace fork)
    {
        fork._xtablesV4 = _xtablesV4 is null ? null : fork.Watched(_xtablesV4.Fork(fork.Hooks));
        fork._xtablesV6 = _xtablesV6 is null ? null : fork.Watched(_xtablesV6.Fork(fork.Hooks));
    }

    /// <summary>The machinery that only runs while rules need it follows the tables.</summary>
    private XtablesState Watched(XtablesState tables)
    {
        tables.Changed += () =>
        {
            FollowDefragmentationNeeds(tables.Family);
            FollowConntrackNeeds(tables.Family);
        };
        return tables;
    }
}
