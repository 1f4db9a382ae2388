using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// A table of iptables at a hook: walks the table that the packet's namespace has loaded (<c>iptable_filter.c</c> and its
/// kin). Serves all namespaces.
/// </summary>
internal class TableHook : HookFunction
{
    private readonly IpFamily _family;
    private readonly TableDefinition _definition;
    private readonly int _ordinal;

    private protected TableHook(IpFamily family, TableDefinition definition)
    {
        (_family, _definition) = (family, definition);
        _ordinal = TableDefinition.All.IndexOf(definition);
    }

    public override string Name => _definition.Name;

    public static TableHook Create(IpFamily family, TableDefinition definition) => definition == TableDefinition.Mangle
        ? new MangleTableHook(family)
        : new TableHook(family, definition);

    public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        TableInstance? table = walk.Host.Xtables(_family)[_ordinal];
        return table is null ? Verdict.Accept : table.Walk(hook, packet, walk);
    }
}
