using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m rpfilter</c>: whether an answer would leave by the interface that the packet came in by
/// (<c>net/ipv4/netfilter/ipt_rpfilter.c rpfilter_mt</c>, <c>net/ipv6/netfilter/ip6t_rpfilter.c rpfilter_mt</c>).
/// </summary>
public sealed record RpfilterMatch : Match
{
    private const byte Way = 0, Exempt = 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "rpfilter",
        Summary = "Matches when an answer would leave by the interface that the packet came in by.",
        Source = "net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c, extensions/libxt_rpfilter.c",
        Hooks = Hooks.PreRouting,
        Options =
        [
            new("loose") { Help = "Any interface will do." },
            new("validmark") { Help = "Look the way up with the packet's mark." },
            new("accept-local") { Help = "Take packets from the host's own addresses." },
            new("invert") { Help = "Match when it would not." },
        ],
        Build = values => new RpfilterMatch
        {
            IsLoose = values.Has("loose"),
            UsesMark = values.Has("validmark"),
            AcceptsLocal = values.Has("accept-local"),
            IsInverted = values.Has("invert"),
        },
    };

    /// <summary><c>--loose</c>.</summary>
    public bool IsLoose { get; init; }

    /// <summary><c>--validmark</c>.</summary>
    public bool UsesMark { get; init; }

    /// <summary><c>--accept-local</c>.</summary>
    public bool AcceptsLocal { get; init; }

    /// <summary><c>--invert</c>.</summary>
    public bool IsInverted { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, " --");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("rpfilter");
        Write(writer, " ");
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.Table.Name is "mangle" or "raw" ? KernelErrno.None : KernelErrno.Invalid;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.InDevice is not { } device)
        {
            return MatchResult.When(!IsInverted, Exempt);
        }
        return packet.Family == IpFamily.IPv4
            ? EvaluateIPv4(packet, device, context.Walk.Host.Fib)
            : EvaluateIPv6(packet, device, context.Walk.Host.Fib);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == Exempt
        ? "the packet's source needs no way back"
        : (result.Answer == MatchAnswer.Yes) != IsInverted
            ? "an answer would leave by the interface it came in by"
            : "an answer would not leave by the interface it came in by";

    private MatchResult EvaluateIPv4(PacketBuffer packet, NetDevice device, Fib fib)
    {
        uint source = packet.SourceV4;
        bool isLoopback = device.Kind == NetDeviceKind.Loopback || packet.PacketType == PacketType.Loopback;
        bool isZeroNet = source >> 24 == 0;
        bool isToGroup = packet.DestinationV4 >> 28 == 14 || packet.DestinationV4 == uint.MaxValue;
        // A source that is not known yet may only ask everybody.
        if (isLoopback || (isZeroNet && isToGroup))
        {
            return MatchResult.When(!IsInverted, Exempt);
        }
        if (isZeroNet && source != 0)
        {
            return MatchResult.When(IsInverted, Way);
        }
        NetAddress zero = new(0u);
        RouteResult route = fib.Lookup(new RouteKey
        {
            Destination = packet.Source,
            Source = isToGroup ? zero : packet.Destination,
            InIndex = fib.Loopback.Index,
            Mark = UsesMark ? packet.Mark : 0,
            Tos = (byte)(packet.Span[1] & 0xfc),
        });
        bool isWay = route.Type == RouteType.Unicast || (route.Type == RouteType.Local && AcceptsLocal);
        return MatchResult.When((isWay && (IsLoose || route.Device?.Index == device.Index)) != IsInverted, Way);
    }

    private MatchResult EvaluateIPv6(PacketBuffer packet, NetDevice device, Fib fib)
    {
        if (device.Kind == NetDeviceKind.Loopback || packet.PacketType == PacketType.Loopback || packet.Source.Bits == 0)
        {
            return MatchResult.When(!IsInverted, Exempt);
        }
        bool isLinkLocal = packet.Source.Bits >> 118 == 0x3fa;
        RouteResult route = fib.Lookup(new RouteKey
        {
            Destination = packet.Source,
            Source = packet.Destination.Bits >> 120 == 0xff ? new NetAddress(UInt128.Zero) : packet.Destination,
            OutIndex = isLinkLocal || !IsLoose ? device.Index : 0,
            Mark = UsesMark ? packet.Mark : 0,
            Protocol = packet.Span[6],
        });
        bool isWay = route.Type is RouteType.Unicast || (route.Type is RouteType.Local && AcceptsLocal);
        return MatchResult.When((isWay && (IsLoose || route.Device?.Index == device.Index)) != IsInverted, Way);
    }

    private void Write(OptionWriter writer, string before)
    {
        foreach ((bool isSet, string name) in (ReadOnlySpan<(bool, string)>)
            [(IsLoose, "loose"), (UsesMark, "validmark"), (AcceptsLocal, "accept-local"), (IsInverted, "invert")])
        {
            if (isSet)
            {
                writer.Raw(before).Raw(name);
            }
        }
    }
}
