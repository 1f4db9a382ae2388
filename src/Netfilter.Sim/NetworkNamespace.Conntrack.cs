using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Conntrack.SynProxy;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim;

/// <summary>Connections.</summary>
public sealed partial class NetworkNamespace
{
    private static readonly ImmutableArray<(Hook Hook, int Priority, HookFunction Function)> ConntrackHooks =
    [
        (Hook.PreRouting, HookPriority.Conntrack, ConntrackHook.Instance),
        (Hook.LocalOut, HookPriority.Conntrack, ConntrackHook.Instance),
        (Hook.LocalIn, HookPriority.ConntrackConfirm, ConfirmHook.Instance),
        (Hook.PostRouting, HookPriority.ConntrackConfirm, ConfirmHook.Instance),
    ];

    private static readonly ImmutableArray<(Hook Hook, int Priority, HookFunction Function)> SynProxyHooks =
    [
        (Hook.LocalIn, HookPriority.ConntrackConfirm - 1, SynProxyHook.Instance),
        (Hook.PostRouting, HookPriority.ConntrackConfirm - 1, SynProxyHook.Instance),
    ];

    /// <summary>The connections now, as <c>conntrack -L</c> lists them, both families. Copies: they do not change.</summary>
    public ImmutableArray<ConntrackEntry> Conntrack => Tracker.SnapshotAll(NowNanoseconds);

    /// <summary>The sysctls of connection tracking.</summary>
    public ConntrackSettings ConntrackSettings
    {
        get => Tracker.Settings;
        set => Tracker.Settings = value ?? throw new ArgumentNullException(nameof(value));
    }

    internal ConnectionTracker Tracker { get; private set; } = new();

    /// <summary>Switches tracking of a family on and off as the loaded rules need it (<c>nf_ct_netns_get</c>).</summary>
    private void FollowConntrackNeeds(IpFamily family)
    {
        RuleNeeds needs = Xtables(family).Needs;
        bool isNeeded = (needs & RuleNeeds.Conntrack) != 0;
        Tracker.KeepsLabels = NeedsLabels(_xtablesV4) || NeedsLabels(_xtablesV6);
        if ((needs & RuleNeeds.Accounting) != 0)
        {
            Tracker.EnableAccounting();
        }
        if (isNeeded != Tracker.IsEnabled(family))
        {
            Tracker.SetEnabled(family, isNeeded);
            SwitchHooks(family, ConntrackHooks, isNeeded);
        }
        bool needsSynProxy = (needs & RuleNeeds.SynProxy) != 0;
        if (needsSynProxy != Tracker.IsSynProxied(family))
        {
            Tracker.SetSynProxied(family, needsSynProxy);
            SwitchHooks(family, SynProxyHooks, needsSynProxy);
        }
    }

    private static bool NeedsLabels(XtablesState? tables) => tables is not null && (tables.Needs & RuleNeeds.Labels) != 0;

    private void SwitchHooks(IpFamily family, ImmutableArray<(Hook Hook, int Priority, HookFunction Function)> hooks, bool areOn)
    {
        foreach ((Hook hook, int priority, HookFunction function) in hooks)
        {
            if (areOn)
            {
                Hooks.Register(family, hook, priority, function);
            }
            else
            {
                Hooks.Unregister(family, hook, function);
            }
        }
    }

    /// <summary>Gives a fork, whose hooks are registered already, connections that go their own way from now on.</summary>
    private void ForkConnections(NetworkNamespace fork) => fork.Tracker = Tracker.Fork();
}
