using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Stack.Fragments;

namespace Netfilter.Sim;

/// <summary>Packets of which not all fragments have come.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>The fragments that wait.</summary>
    internal Defragmenter Fragments { get; private set; } = new();

    /// <summary>Registers defragmentation while rules need it, or conntrack does (<c>nf_defrag_ipv4_enable</c>).</summary>
    private void FollowDefragmentationNeeds(IpFamily family)
    {
        bool isNeeded = (Xtables(family).Needs & (RuleNeeds.Conntrack | RuleNeeds.Defragmentation)) != 0;
        bool isThere = Hooks.List(family, Hook.PreRouting).Any(entry => ReferenceEquals(entry.Function, DefragHook.Instance));
        if (isNeeded == isThere)
        {
            return;
        }
        foreach (Hook hook in new[] { Hook.PreRouting, Hook.LocalOut })
        {
            if (isNeeded)
            {
                Hooks.Register(family, hook, HookPriority.ConntrackDefrag, DefragHook.Instance);
            }
            else
            {
                Hooks.Unregister(family, hook, DefragHook.Instance);
            }
        }
    }

    private void ForkFragments(NetworkNamespace fork) => fork.Fragments = Fragments.Fork();
}
