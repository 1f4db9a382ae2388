using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m rpfilter</c>: whether an answer would leave by the interface that the packet came in by
/// (<c>net/ipv4/netfilter/ipt_rpfilter.c rpfilter_mt</c>, <c>net/ipv6/netfilter/ip6t_rpfilter.c</c>).
/// </summary>
public sealed record RpfilterMatch : Match
{
    private const byte FromLoopback = 0, Unspecified = 1, NoRoute = 2, Local = 3, OtherDevice = 4, ThatWay = 5;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "rpfilter",
        KernelBytes = 8,
        Summary = "Matches packets whose source would be answered by the interface that they came in by.",
        Source = "net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c, extensions/libxt_rpfilter.c",
        Hooks = Hooks.PreRouting,
        Options =
        [
            new("loose") { Help = "Any interface will do." },
            new("validmark") { Help = "The packet's mark takes part in the look-up." },
            new("accept-local") { Help = "The host's own addresses will do, too." },
            new("invert") { Help = "The other packets match." },
        ],
        Build = values => new RpfilterMatch
        {
            IsLoose = values.Has("loose"),
            UsesMark = values.Has("validmark"),
            AcceptsLocal = values.Has("accept-local"),
            IsInverted = values.Has("invert"),
        },
    };

    /// <summary>Whether any interface will do.</summary>
    public bool IsLoose { get; init; }

    /// <summary>Whether the packet's mark takes part in the look-up.</summary>
    public bool UsesMark { get; init; }

    /// <summary>Whether the host's own addresses will do.</summary>
    public bool AcceptsLocal { get; init; }

    /// <summary>Whether the other packets match.</summary>
    public bool IsInverted { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.Table.Name is "raw" or "mangle" ? KernelErrno.None : KernelErrno.Invalid;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        NetDevice device = packet.InDevice!;
        if (packet.PacketType == PacketType.Loopback || device.Kind == NetDeviceKind.Loopback)
        {
            return Answer(true, FromLoopback, device);
        }
        Fib fib = context.Walk.Host.Fib;
        if (packet.Family == IpFamily.IPv4)
        {
            (uint source, uint destination) = (packet.SourceV4, packet.DestinationV4);
            bool asksForAddress = source == 0 && (destination == uint.MaxValue || destination >> 8 == 0xe00000);
            return asksForAddress ? Answer(true, Unspecified, device) : Judge(fib.LookupV4(KeyV4(packet, fib)), device, true);
        }
        return packet.Source.Bits == 0
            ? Answer(true, Unspecified, device)
            : Judge(fib.LookupV6(KeyV6(packet, fib, device)), device, false);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        FromLoopback => "the packet did not come from outside",
        Unspecified => "the source is the unspecified address",
        NoRoute => "there is no way back to the source",
        Local => AcceptsLocal ? "the source is the host's own address, which is accepted" : "the source is the host's own address",
        OtherDevice => "the way back to the source is by another interface",
        _ => "the way back to the source is good",
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, " --");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer.Word("rpfilter"), " ");

    private RouteKey KeyV4(PacketBuffer packet, Fib fib)
    {
        uint destination = packet.DestinationV4;
        bool isUsable = destination >> 28 != 14 && destination != uint.MaxValue && destination != 0;
        return new RouteKey
        {
            Destination = packet.Source,
            Source = isUsable ? packet.Destination : new NetAddress(0u),
            InIndex = fib.Loopback.Index,
            Mark = UsesMark ? packet.Mark : 0,
            Tos = packet.Span[1],
        };
    }

    private RouteKey KeyV6(PacketBuffer packet, Fib fib, NetDevice device)
    {
        bool isLinkLocal = (uint)(packet.Source.Bits >> 118) == 0x3fa;
        bool isUnicast = packet.Destination.Bits != 0 && packet.Span[24] != 0xff;
        return new RouteKey
        {
            Destination = packet.Source,
            Source = isUnicast ? packet.Destination : new NetAddress(IpFamily.IPv6, 0),
            InIndex = fib.Loopback.Index,
            OutIndex = isLinkLocal || !IsLoose ? device.Index : 0,
            IsStrict = isLinkLocal,
            Mark = UsesMark ? packet.Mark : 0,
            Tos = (byte)(packet.ReadUInt16(0) >> 4),
            Protocol = packet.Span[6],
        };
    }

    private MatchResult Judge(RouteResult route, NetDevice device, bool isIPv4)
    {
        bool isLocal = route.Type == RouteType.Local;
        if (isLocal && (!AcceptsLocal || !isIPv4))
        {
            return Answer(AcceptsLocal, Local, device);
        }
        if (!isLocal && route.Type != RouteType.Unicast)
        {
            return Answer(false, NoRoute, device);
        }
        return IsLoose || route.Device?.Index == device.Index
            ? Answer(true, ThatWay, device)
            : Answer(false, OtherDevice, device);
    }

    private MatchResult Answer(bool isGood, byte condition, NetDevice device) =>
        MatchResult.When(isGood != IsInverted, condition, (ulong)device.Index);

    private void Write(OptionWriter writer, string before)
    {
        ReadOnlySpan<(bool IsSet, string Name)> flags =
            [(IsLoose, "loose"), (UsesMark, "validmark"), (AcceptsLocal, "accept-local"), (IsInverted, "invert")];
        foreach ((bool isSet, string name) in flags)
        {
            if (isSet)
            {
                writer.Raw(before).Raw(name);
            }
        }
    }
}
