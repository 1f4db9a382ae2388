using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Conntrack;

/// <summary>
/// A router between <c>in0</c> (10.0.0.0/24, fd00::/64) and <c>out0</c> (203.0.113.0/24, 2001:db8::/64) that tracks and
/// translates, with a function in place of the nat table, and without any other rule.
/// </summary>
internal sealed class ConntrackBench
{
    public const string Inside = "in0";
    public const string Outside = "out0";

    public ConntrackBench(INetfilterChance? chance = null)
    {
        Clock = new ManualTimeProvider();
        Host = new NetworkNamespace("router", Clock, chance);
        Host.AddInterface(Inside, "10.0.0.1/24", "fd00::1/64");
        Host.AddInterface(Outside, "203.0.113.1/24", "2001:db8::1/64");
        Host.Sysctls["net.ipv4.ip_forward"] = "1";
        Host.Sysctls["net.ipv6.conf.all.forwarding"] = "1";
        foreach (IpFamily family in new[] { IpFamily.IPv4, IpFamily.IPv6 })
        {
            Host.Tracker.SetEnabled(family, true);
            Host.Hooks.Register(family, Hook.PreRouting, HookPriority.Conntrack, ConntrackHook.Instance);
            Host.Hooks.Register(family, Hook.LocalOut, HookPriority.Conntrack, ConntrackHook.Instance);
            Host.Hooks.Register(family, Hook.LocalIn, HookPriority.ConntrackConfirm, ConfirmHook.Instance);
            Host.Hooks.Register(family, Hook.PostRouting, HookPriority.ConntrackConfirm, ConfirmHook.Instance);
        }
    }

    public ManualTimeProvider Clock { get; }

    public NetworkNamespace Host { get; }

    public ConnectionTracker Tracker => Host.Tracker;

    /// <summary>What the last packet was to its connection, seen between PREROUTING and FORWARD.</summary>
    public string? LastState { get; private set; }

    /// <summary>Puts a nat table in place.</summary>
    public ConntrackBench WithNat(Func<Hook, PacketBuffer, WalkContext, Verdict> table)
    {
        NatHook hook = new(new Function(table));
        foreach (IpFamily family in new[] { IpFamily.IPv4, IpFamily.IPv6 })
        {
            Host.Hooks.Register(family, Hook.PreRouting, HookPriority.NatDestination, hook);
            Host.Hooks.Register(family, Hook.LocalOut, HookPriority.NatDestination, hook);
            Host.Hooks.Register(family, Hook.LocalIn, HookPriority.NatSource, hook);
            Host.Hooks.Register(family, Hook.PostRouting, HookPriority.NatSource, hook);
        }
        return this;
    }

    /// <summary>Puts a function at FORWARD that keeps the state, and drops if asked to.</summary>
    public ConntrackBench WithFilter(Func<PacketBuffer, bool>? drops = null)
    {
        Function filter = new((_, packet, _) =>
        {
            LastState = ConnectionTracker.StateName(packet);
            return drops is not null && drops(packet) ? Verdict.Drop : Verdict.Accept;
        });
        Host.Hooks.Register(IpFamily.IPv4, Hook.Forward, HookPriority.Filter, filter);
        Host.Hooks.Register(IpFamily.IPv6, Hook.Forward, HookPriority.Filter, filter);
        return this;
    }

    /// <summary>Puts a function at PREROUTING before connection tracking, for IPv4.</summary>
    public void WithRaw(Action<PacketBuffer> body) => Host.Hooks.Register(
        IpFamily.IPv4,
        Hook.PreRouting,
        HookPriority.Raw,
        new Function((_, packet, _) =>
        {
            body(packet);
            return Verdict.Accept;
        }));

    /// <summary>A packet comes in by an interface.</summary>
    /// <returns>The packet that left by the other one, or null.</returns>
    public Packet? Pass(string device, Packet packet) =>
        Host.Receive(device, packet).Emitted is [var only] ? only.Packet : null;

    /// <summary>The entries as lines, in the order of their text.</summary>
    public string[] Lines() => [.. Host.Conntrack.Select(ConnectionText.Line).Order(StringComparer.Ordinal)];

    private sealed class Function(Func<Hook, PacketBuffer, WalkContext, Verdict> body) : HookFunction
    {
        public override string Name => "test";

        public override Verdict Invoke(Hook hook, PacketBuffer packet, WalkContext walk) => body(hook, packet, walk);
    }
}
