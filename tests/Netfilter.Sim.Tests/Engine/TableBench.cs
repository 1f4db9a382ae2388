using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

/// <summary>A namespace whose tables are walked directly, without an IP layer around them.</summary>
internal sealed class TableBench
{
    private readonly PacketBuffer _buffer = new();

    public TableBench(IpFamily family = IpFamily.IPv4, NetworkNamespace? host = null)
    {
        Family = family;
        Host = host ?? new NetworkNamespace("test");
    }

    public IpFamily Family { get; }

    public NetworkNamespace Host { get; }

    public XtablesState Xtables => Host.Xtables(Family);

    public static NetDevice Eth0 { get; } = new(2, "eth0", NetDeviceKind.Tun);

    public static NetDevice Eth1 { get; } = new(3, "eth1", NetDeviceKind.Tun);

    public void Load(Table table, bool keepsCounters = false) => Xtables.Replace(table, keepsCounters, Host.States);

    public TableInstance Filter => Xtables.Require(TableDefinition.Filter);

    /// <summary>Walks a packet through a table's chain and keeps what happened.</summary>
    public (Verdict Verdict, Walk Walk) Pass(
        ReadOnlySpan<byte> packet,
        TableDefinition? table = null,
        Hook hook = Hook.Forward,
        bool watches = true,
        bool isLinear = false,
        bool traces = false,
        uint mark = 0)
    {
        Walk walk = new(new WalkOptions { KeepsSteps = watches, IsLinear = isLinear });
        _buffer.Load(packet);
        (_buffer.InDevice, _buffer.OutDevice, _buffer.Trace, _buffer.Mark) = (Eth0, Eth1, traces, mark);
        WalkContext context = Host.Context;
        context.Begin(0, walk, walk.Recorder, isLinear);
        int outer = context.BeginLife(LifeCause.Received, _buffer);
        Verdict verdict = Xtables.Require(table ?? TableDefinition.Filter).Walk(hook, _buffer, context);
        context.EndLife(outer, verdict == Verdict.Accept ? Fate.Forwarded(Eth1) : context.TakeFate(verdict));
        context.End();
        return (verdict, walk);
    }

    public Verdict Pass(Packet packet, Hook hook = Hook.Forward) => Pass(packet.Bytes, hook: hook).Verdict;

    public string Counters(string chain, TableDefinition? table = null)
    {
        TableInstance instance = Xtables.Require(table ?? TableDefinition.Filter);
        Chain rules = instance.Current.Find(chain)!;
        IEnumerable<RuleCounters> all = Enumerable.Range(0, rules.Rules.Count).Select(i => instance.CountersOf(chain, i));
        return string.Join(' ', rules.IsBuiltIn ? all.Append(instance.PolicyCountersOf(chain)) : all);
    }
}
