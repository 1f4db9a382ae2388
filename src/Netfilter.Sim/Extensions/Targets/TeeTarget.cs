using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j TEE</c>: sends a copy of a packet to another host (<c>net/netfilter/xt_TEE.c tee_tg4</c>,
/// <c>net/ipv4/netfilter/nf_dup_ipv4.c</c>, <c>net/ipv6/netfilter/nf_dup_ipv6.c</c>). Copies are not copied again.
/// </summary>
/// <param name="Gateway">The host, which has to be on a link.</param>
/// <param name="Device">The interface by which it is reached; empty for any.</param>
public sealed record TeeTarget(NetAddress Gateway, string Device) : ExtensionTarget
{
    private const int MaxDevice = 15, DontFragment = 0x40;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "TEE",
        KernelBytes = 40,
        Summary = "Sends a copy of a packet to another host.",
        Source = "net/netfilter/xt_TEE.c, extensions/libxt_TEE.c",
        Revision = 1,
        Options =
        [
            new("gateway", OptionKind.Host) { Required = true, ValueName = "address", Help = "The host that gets the copy." },
            new("oif", OptionKind.Text) { KeptBytes = MaxDevice, ValueName = "interface", Help = "The interface to send it by." },
        ],
        Build = values => new TeeTarget(values.Get<HostMask>("gateway").Address, values.Get("oif", "")),
        Sample = source => ["--gateway", source.NextAddress(), "--oif", "eth0"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) => Gateway.Bits == 0 ? KernelErrno.Invalid : KernelErrno.None;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        WalkContext walk = context.Walk;
        if (!walk.IsDuplicating)
        {
            Duplicate(context.Packet, context.Hook, walk);
        }
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag("gateway").Raw(' ').Address(Gateway);
        if (Device.Length > 0)
        {
            writer.Option("oif", Device);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("TEE gw:").Address(Gateway);
        if (Device.Length > 0)
        {
            writer.Word("oif=").Raw(Device);
        }
    }

    // nf_dup_ipv4, nf_dup_ipv6
    private void Duplicate(PacketBuffer packet, Hook hook, WalkContext walk)
    {
        PacketBuffer copy = walk.Stack.CopyOf(packet);
        copy.Linearize(); // Shared pieces cannot be sent as they came.
        (copy.Connection, copy.ConntrackInfo, copy.Socket) = (-1, ConntrackInfo.Untracked, null);
        copy.SetLinkHeader(default);
        if (hook is Hook.PreRouting or Hook.LocalIn)
        {
            copy.SetTtl(unchecked((byte)(copy.Ttl - 1)));
        }
        if (copy.Family == IpFamily.IPv4)
        {
            copy.Writable[6] |= DontFragment;
            copy.RecomputeHeaderChecksum();
        }
        if (FindRoute(copy, walk.Host) is not { } route)
        {
            walk.Stack.Return(copy);
            return;
        }
        copy.Route = route.Gateway is null ? route with { Gateway = Gateway } : route;
        copy.IsDuplicate = true;
        walk.IsDuplicating = true;
        walk.Stack.LocalOut(copy, LifeCause.Copied);
        walk.IsDuplicating = false;
    }

    private RouteResult? FindRoute(PacketBuffer copy, NetworkNamespace host)
    {
        bool isIPv4 = copy.Family == IpFamily.IPv4;
        Fib fib = host.Fib;
        RouteKey key = new()
        {
            Destination = Gateway,
            Source = new NetAddress(copy.Family, 0),
            InIndex = fib.Loopback.Index,
            OutIndex = Device.Length == 0 ? 0 : host.Configuration.FindDevice(Device)?.Index ?? 0,
            Tos = isIPv4 ? copy.Span[1] : (byte)0,
        };
        RouteResult route = isIPv4 ? fib.RouteOutputV4(key, false, out _) : fib.RouteOutputV6(key, out _);
        return Fib.ThrowsAway(route.Type) ? null : route;
    }
}
