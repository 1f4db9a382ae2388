using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m addrtype</c>: what kind of address source or destination is to this host
/// (<c>net/netfilter/xt_addrtype.c addrtype_mt_v1, addrtype_mt6</c>, <c>struct xt_addrtype_info_v1</c>).
/// </summary>
public sealed record AddressTypeMatch : Match
{
    private const byte SourceType = 0, DestinationType = 1;

    // The last two have no route type of their own.
    private static readonly string[] TypeNames =
    [
        "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW",
        "NAT", "XRESOLVE",
    ];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "addrtype",
        KernelBytes = 8,
        Summary = "Matches what kind of address the source or destination is to this host.",
        Source = "net/netfilter/xt_addrtype.c, extensions/libxt_addrtype.c",
        Revision = 1,
        Options =
        [
            TypeOption("src-type", "Types of the source address."),
            TypeOption("dst-type", "Types of the destination address."),
            new("limit-iface-in") { Excludes = ["limit-iface-out"], Help = "Look at the interface the packet came in by only." },
            new("limit-iface-out") { Excludes = ["limit-iface-in"], Help = "Look at the interface the packet leaves by only." },
        ],
        FinalCheck = values =>
        {
            if (!values.HasAny("src-type", "dst-type"))
            {
                throw OptionCall.Error("addrtype: you must specify --src-type or --dst-type");
            }
        },
        Build = values => new AddressTypeMatch
        {
            SourceTypes = values.Get("src-type", (ushort)0),
            NotSourceTypes = values.IsInverted("src-type"),
            DestinationTypes = values.Get("dst-type", (ushort)0),
            NotDestinationTypes = values.IsInverted("dst-type"),
            LimitToInInterface = values.Has("limit-iface-in"),
            LimitToOutInterface = values.Has("limit-iface-out"),
        },
        Sample = source => ["--dst-type", source.Next(2) == 0 ? "LOCAL" : "UNICAST"],
    };

    /// <summary>Types of the source, one bit each in the order of <see cref="RouteType"/>; 0 when not given.</summary>
    public ushort SourceTypes { get; init; }

    /// <summary><c>! --src-type</c>.</summary>
    public bool NotSourceTypes { get; init; }

    /// <summary>Types of the destination; 0 when not given.</summary>
    public ushort DestinationTypes { get; init; }

    /// <summary><c>! --dst-type</c>.</summary>
    public bool NotDestinationTypes { get; init; }

    /// <summary><c>--limit-iface-in</c>.</summary>
    public bool LimitToInInterface { get; init; }

    /// <summary><c>--limit-iface-out</c>.</summary>
    public bool LimitToOutInterface { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (SourceTypes != 0)
        {
            writer.Option("src-type", TypeText(SourceTypes), NotSourceTypes);
        }
        if (DestinationTypes != 0)
        {
            writer.Option("dst-type", TypeText(DestinationTypes), NotDestinationTypes);
        }
        if (LimitToInInterface)
        {
            writer.Flag("limit-iface-in");
        }
        if (LimitToOutInterface)
        {
            writer.Flag("limit-iface-out");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("ADDRTYPE match");
        if (SourceTypes != 0)
        {
            writer.Word("src-type ").Raw(NotSourceTypes ? "!" : "").Raw(TypeText(SourceTypes));
        }
        if (DestinationTypes != 0)
        {
            writer.Word("dst-type ").Raw(NotDestinationTypes ? "!" : "").Raw(TypeText(DestinationTypes));
        }
        writer.Raw(LimitToInInterface ? " limit-in" : "").Raw(LimitToOutInterface ? " limit-out" : "");
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // addrtype_mt_checkentry_v1
        bool isMisplaced = (LimitToOutInterface && check.ReachesAny(Hooks.PreRouting | Hooks.LocalIn))
            || (LimitToInInterface && check.ReachesAny(Hooks.LocalOut | Hooks.PostRouting))
            || (LimitToInInterface && LimitToOutInterface);
        const int notForV6 = (1 << (int)RouteType.Broadcast) | (1 << (int)RouteType.Blackhole);
        int types = SourceTypes | DestinationTypes;
        bool isUnknown = check.Family == IpFamily.IPv6 && ((types & notForV6) != 0 || types >= 1 << (int)RouteType.Prohibit);
        return isMisplaced || isUnknown ? KernelErrno.Invalid : KernelErrno.None;
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        NetDevice? device = LimitToInInterface ? context.Packet.InDevice
            : LimitToOutInterface ? context.Packet.OutDevice
            : null;
        Fib fib = context.Walk.Host.Fib;
        bool isV4 = context.Packet.Family == IpFamily.IPv4;
        if (SourceTypes != 0)
        {
            NetAddress source = context.Packet.Source;
            bool fits = isV4 ? FitsV4(fib, source, device, SourceTypes) : AddressTypeV6.Fits(fib, source, device, SourceTypes);
            if (fits == NotSourceTypes)
            {
                return MatchResult.No(SourceType, isV4 ? (ulong)fib.AddressTypeV4(source.IPv4Bits, device) : 0);
            }
        }
        if (DestinationTypes != 0)
        {
            NetAddress destination = context.Packet.Destination;
            bool fits = isV4
                ? FitsV4(fib, destination, device, DestinationTypes)
                : AddressTypeV6.Fits(fib, destination, device, DestinationTypes);
            if (fits == NotDestinationTypes)
            {
                return MatchResult.No(DestinationType, isV4 ? (ulong)fib.AddressTypeV4(destination.IPv4Bits, device) : 0);
            }
        }
        return MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result)
    {
        if (result.Answer == MatchAnswer.Yes)
        {
            return "the addresses are of the types";
        }
        bool isSource = result.Condition == SourceType;
        string what = isSource ? "the source is" : "the destination is";
        bool isNegated = isSource ? NotSourceTypes : NotDestinationTypes;
        string wanted = (isNegated ? "not " : "") + TypeText(isSource ? SourceTypes : DestinationTypes);
        return result.Seen == 0 ? $"{what} of another type than {wanted}" : $"{what} {TypeNames[result.Seen]}, wanted {wanted}";
    }

    private static bool FitsV4(Fib fib, NetAddress address, NetDevice? device, ushort types) =>
        (types & (1 << (int)fib.AddressTypeV4(address.IPv4Bits, device))) != 0;

    private static string TypeText(ushort types) =>
        string.Join(',', TypeNames.Where((_, bit) => (types & (1 << bit)) != 0));

    private static OptionSpec TypeOption(string name, string help) => new(name, OptionKind.Text)
    {
        Invertible = true,
        ValueName = "type[,...]",
        Parse = ParseTypes,
        Help = help,
    };

    // libxt_addrtype.c parse_types: the rest of the list is named from the wrong type on.
    private static object? ParseTypes(OptionCall call)
    {
        int types = 0;
        string rest = call.Argument;
        while (true)
        {
            int comma = rest.IndexOf(',');
            string name = comma < 0 ? rest : rest[..comma];
            int type = name.Length == 0
                ? -1
                : Array.FindIndex(TypeNames, known => known.StartsWith(name, StringComparison.OrdinalIgnoreCase));
            if (type < 0)
            {
                throw OptionCall.Error(comma < 0 ? $"addrtype: bad type \"{rest}\"" : $"addrtype: bad type `{rest}'");
            }
            types |= 1 << type;
            if (comma < 0)
            {
                return (ushort)types;
            }
            rest = rest[(comma + 1)..];
        }
    }
}
