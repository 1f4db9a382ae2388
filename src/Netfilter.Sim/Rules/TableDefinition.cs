using System.Collections.Immutable;
using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Rules;

/// <summary>One of the five tables: its name, its built-in chains and where it is registered (<c>struct xt_table</c>).</summary>
public sealed record TableDefinition
{
    private TableDefinition(string name, Hooks hooks, Func<Hook, int> priority)
    {
        Name = name;
        Hooks = hooks;
        BuiltInChains = [.. Enum.GetValues<Hook>().Where(Has).Select(ChainOf)];
        PriorityAt = priority;
    }

    /// <summary>raw (<c>iptable_raw.c</c>).</summary>
    public static TableDefinition Raw { get; } = new("raw", Hooks.PreRouting | Hooks.LocalOut, _ => HookPriority.Raw);

    /// <summary>mangle (<c>iptable_mangle.c</c>).</summary>
    public static TableDefinition Mangle { get; } = new("mangle", Hooks.All, _ => HookPriority.Mangle);

    /// <summary>nat (<c>iptable_nat.c</c>).</summary>
    public static TableDefinition Nat { get; } = new(
        "nat",
        Hooks.PreRouting | Hooks.LocalIn | Hooks.LocalOut | Hooks.PostRouting,
        hook => hook is Hook.PreRouting or Hook.LocalOut ? HookPriority.NatDestination : HookPriority.NatSource);

    /// <summary>filter (<c>iptable_filter.c</c>).</summary>
    public static TableDefinition Filter { get; } =
        new("filter", Hooks.LocalIn | Hooks.Forward | Hooks.LocalOut, _ => HookPriority.Filter);

    /// <summary>security (<c>iptable_security.c</c>).</summary>
    public static TableDefinition Security { get; } =
        new("security", Hooks.LocalIn | Hooks.Forward | Hooks.LocalOut, _ => HookPriority.Security);

    /// <summary>All five, in the order a packet meets them.</summary>
    public static ImmutableArray<TableDefinition> All { get; } = [Raw, Mangle, Nat, Filter, Security];

    /// <summary>The name after <c>-t</c>.</summary>
    public string Name { get; }

    /// <summary>The hooks at which the table has a built-in chain.</summary>
    public Hooks Hooks { get; }

    /// <summary>The built-in chains, in hook order.</summary>
    public ImmutableArray<string> BuiltInChains { get; }

    internal Func<Hook, int> PriorityAt { get; }

    /// <summary>The table of a name, or null.</summary>
    public static TableDefinition? Find(string name) => All.FirstOrDefault(table => table.Name == name);

    /// <summary>The name of the built-in chain at a hook.</summary>
    public static string ChainOf(Hook hook) => hook switch
    {
        Hook.PreRouting => "PREROUTING",
        Hook.LocalIn => "INPUT",
        Hook.Forward => "FORWARD",
        Hook.LocalOut => "OUTPUT",
        _ => "POSTROUTING",
    };

    /// <summary>The hook that a built-in chain of this table stands at, or null for any other name.</summary>
    public Hook? HookOf(string chain)
    {
        foreach (Hook hook in Enum.GetValues<Hook>())
        {
            if (Has(hook) && ChainOf(hook) == chain)
            {
                return hook;
            }
        }
        return null;
    }

    private bool Has(Hook hook) => ((int)Hooks & (1 << (int)hook)) != 0;
}
