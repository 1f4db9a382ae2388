using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m conntrack</c>: what is known of the packet's connection (<c>net/netfilter/xt_conntrack.c conntrack_mt</c>,
/// <c>struct xt_conntrack_mtinfo3</c>).
/// </summary>
public sealed record ConntrackMatch : Match
{
    private const byte PacketState = 0, NoConnection = 1, Direction = 2, FirstAddress = 3, Protocol = 7, FirstPort = 8, Status = 12, Expiry = 13;

    private static readonly string[] AddressNames = ["ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"];

    private static readonly string[] PortNames = ["ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "conntrack",
        KernelBytes = 168,
        Summary = "Matches what is known of the packet's connection.",
        Source = "net/netfilter/xt_conntrack.c, extensions/libxt_conntrack.c",
        Revision = 3,
        Options =
        [
            new("ctstate", OptionKind.Text)
            {
                Invertible = true, ValueName = "state[,...]", Help = "INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED, SNAT or DNAT.",
                Parse = call => ConntrackStateText.Parse(call.Argument, "ctstate", withNat: true),
                Sample = source => ConntrackStateText.Format((ConntrackStates)(1 << source.Next(4))),
            },
            new("ctproto", OptionKind.Protocol)
            {
                Invertible = true, ValueName = "protocol", Help = "Protocol.", Sample = source => $"{source.Next(256)}",
            },
            AddressOption("ctorigsrc", "Source address of the first packet."),
            AddressOption("ctorigdst", "Destination address of the first packet."),
            AddressOption("ctreplsrc", "Source address of replies."),
            AddressOption("ctrepldst", "Destination address of replies."),
            PortOption("ctorigsrcport", "Source port of the first packet."),
            PortOption("ctorigdstport", "Destination port of the first packet."),
            PortOption("ctreplsrcport", "Source port of replies."),
            PortOption("ctrepldstport", "Destination port of replies."),
            new("ctstatus", OptionKind.Text)
            {
                Invertible = true, ValueName = "status[,...]", Help = "NONE, EXPECTED, SEEN_REPLY, ASSURED or CONFIRMED.",
                Parse = call => ConntrackStateText.ParseStatus(call.Argument, "ctstatus"), Sample = _ => "ASSURED",
            },
            new("ctexpire", OptionKind.UInt32Range) { Invertible = true, ValueName = "seconds[:seconds]", Help = "Seconds left." },
            new("ctdir", OptionKind.Text)
            {
                ValueName = "ORIGINAL|REPLY", Parse = ParseDirection, Help = "Which way the packet goes.", Sample = _ => "REPLY",
            },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("conntrack: At least one option is required");
            }
        },
        Build = Build,
        Sample = source => ["--ctstate", ConntrackStateText.Format((ConntrackStates)(1 << source.Next(4))), "--ctproto", $"{source.Next(256)}"],
    };

    /// <summary><c>--ctstate</c>; null when not given.</summary>
    public Negatable<ConntrackStates>? States { get; init; }

    /// <summary><c>--ctproto</c>.</summary>
    public Negatable<byte>? ConnectionProtocol { get; init; }

    /// <summary><c>--ctorigsrc</c>.</summary>
    public Negatable<HostMask>? OriginalSource { get; init; }

    /// <summary><c>--ctorigdst</c>.</summary>
    public Negatable<HostMask>? OriginalDestination { get; init; }

    /// <summary><c>--ctreplsrc</c>.</summary>
    public Negatable<HostMask>? ReplySource { get; init; }

    /// <summary><c>--ctrepldst</c>.</summary>
    public Negatable<HostMask>? ReplyDestination { get; init; }

    /// <summary><c>--ctorigsrcport</c>.</summary>
    public Negatable<PortRange>? OriginalSourcePorts { get; init; }

    /// <summary><c>--ctorigdstport</c>.</summary>
    public Negatable<PortRange>? OriginalDestinationPorts { get; init; }

    /// <summary><c>--ctreplsrcport</c>.</summary>
    public Negatable<PortRange>? ReplySourcePorts { get; init; }

    /// <summary><c>--ctrepldstport</c>.</summary>
    public Negatable<PortRange>? ReplyDestinationPorts { get; init; }

    /// <summary><c>--ctstatus</c>.</summary>
    public Negatable<ConnectionStatus>? ConnectionStatus { get; init; }

    /// <summary><c>--ctexpire</c>: least and most seconds left.</summary>
    public Negatable<(uint Low, uint High)>? ExpirySeconds { get; init; }

    /// <summary><c>--ctdir</c>.</summary>
    public ConnectionDirection? PacketDirection { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, "--", context);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer, "", context);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        ConnectionTracker tracker = context.Walk.Conntrack;
        bool isTracked = packet.Connection >= 0;
        Netfilter.Sim.Conntrack.ConnectionStatus status = !isTracked
            ? Conntrack.ConnectionStatus.Confirmed | Conntrack.ConnectionStatus.Template
            : tracker.Read(packet.Connection).Status;
        if (States is { } states)
        {
            ConntrackStates seen = ConntrackStateText.Of(packet);
            if (isTracked)
            {
                seen |= (status & Conntrack.ConnectionStatus.SourceNat) != 0 ? ConntrackStates.SourceNat : 0;
                seen |= (status & Conntrack.ConnectionStatus.DestinationNat) != 0 ? ConntrackStates.DestinationNat : 0;
            }
            if ((seen & states.Value) != 0 == states.IsNegated)
            {
                return MatchResult.No(PacketState, (ulong)seen);
            }
        }
        if (!isTracked && packet.Template is null)
        {
            // Only the state can be asked of a packet without a connection.
            return MatchResult.When(States is not null, NoConnection);
        }
        if (PacketDirection is { } wanted && packet.ConntrackInfo.DirectionOf() != wanted)
        {
            return MatchResult.No(Direction, (ulong)packet.ConntrackInfo.DirectionOf());
        }
        if (AsksForTuples && !TuplesFit(packet, tracker, out MatchResult failed))
        {
            return failed;
        }
        if (ConnectionStatus is { } bits && (status & bits.Value) != 0 == bits.IsNegated)
        {
            return MatchResult.No(Status, (ulong)status);
        }
        if (ExpirySeconds is { } expiry)
        {
            // Before it is confirmed a connection's timeout is a span, which nf_ct_expires takes for a moment long past.
            uint left = isTracked && tracker.Read(packet.Connection).IsConfirmed
                ? (uint)tracker.RemainingSeconds(packet.Connection, ConnectionTracker.JiffiesOf(context.NowNanoseconds))
                : 0;
            return MatchResult.When(
                (left >= expiry.Value.Low && left <= expiry.Value.High) != expiry.IsNegated, Expiry, left);
        }
        return MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        PacketState => result.Answer == MatchAnswer.Yes
            ? "the connection fits"
            : Reason.Text(
                "ctstate",
                ConntrackStateText.Format((ConntrackStates)result.Seen),
                result,
                ConntrackStateText.Format(States!.Value.Value),
                States.Value.IsNegated),
        NoConnection => "the packet has no connection",
        Direction => $"the packet goes the {(result.Seen == 0 ? "original" : "reply")} way",
        Protocol => Reason.Value("ctproto", result, ConnectionProtocol!.Value.Value, ConnectionProtocol.Value.IsNegated),
        Status => Reason.Text(
            "ctstatus",
            ConntrackStateText.Format((ConnectionStatus)result.Seen),
            result,
            ConntrackStateText.Format(ConnectionStatus!.Value.Value),
            ConnectionStatus.Value.IsNegated),
        Expiry => string.Create(CultureInfo.InvariantCulture, $"the connection has {result.Seen} s left"),
        >= FirstPort => Reason.Value(
            PortNames[result.Condition - FirstPort], result, Ports(result.Condition - FirstPort)!.Value.Value, Ports(result.Condition - FirstPort)!.Value.IsNegated),
        _ => $"{AddressNames[result.Condition - FirstAddress]} does not fit",
    };

    internal override InlineTest Inline => States is { } states
        && (states.Value & (ConntrackStates.SourceNat | ConntrackStates.DestinationNat)) == 0
        && ConnectionStatus is null && ExpirySeconds is null && PacketDirection is null && !AsksForTuples
            ? new InlineTest(InlineKind.State, (uint)states.Value, 0, states.IsNegated)
            : default;

    private bool AsksForTuples => ConnectionProtocol is not null || OriginalSource is not null || OriginalDestination is not null
        || ReplySource is not null || ReplyDestination is not null || OriginalSourcePorts is not null
        || OriginalDestinationPorts is not null || ReplySourcePorts is not null || ReplyDestinationPorts is not null;

    private bool TuplesFit(PacketBuffer packet, ConnectionTracker tracker, out MatchResult failed)
    {
        bool isTracked = packet.Connection >= 0;
        NetAddress none = new(packet.Family, 0);
        ConnectionTuple empty = new(none, none, 0, 0, 0);
        ConnectionTuple original = isTracked ? tracker.Original(packet.Connection) : empty;
        ConnectionTuple reply = isTracked ? tracker.Reply(packet.Connection) : empty;
        failed = default;
        if (!AddressFits(OriginalSource, original.Source, 0, ref failed)
            || !AddressFits(OriginalDestination, original.Destination, 1, ref failed)
            || !AddressFits(ReplySource, reply.Source, 2, ref failed)
            || !AddressFits(ReplyDestination, reply.Destination, 3, ref failed))
        {
            return false;
        }
        if (ConnectionProtocol is { } protocol && original.Protocol == protocol.Value == protocol.IsNegated)
        {
            failed = MatchResult.No(Protocol, original.Protocol);
            return false;
        }
        return PortFits(OriginalSourcePorts, original.SourcePort, 0, ref failed)
            && PortFits(OriginalDestinationPorts, original.DestinationPort, 1, ref failed)
            && PortFits(ReplySourcePorts, reply.SourcePort, 2, ref failed)
            && PortFits(ReplyDestinationPorts, reply.DestinationPort, 3, ref failed);
    }

    private static bool AddressFits(Negatable<HostMask>? wanted, NetAddress seen, byte which, ref MatchResult failed)
    {
        if (wanted is not { } address)
        {
            return true;
        }
        bool fits = ((address.Value.Address.Bits ^ seen.Bits) & address.Value.Mask.Bits) == 0;
        failed = MatchResult.No((byte)(FirstAddress + which), (ulong)seen.Bits);
        return fits != address.IsNegated;
    }

    private static bool PortFits(Negatable<PortRange>? wanted, ushort seen, byte which, ref MatchResult failed)
    {
        failed = MatchResult.No((byte)(FirstPort + which), seen);
        return wanted is not { } ports || ports.Value.Contains(seen) != ports.IsNegated;
    }

    private Negatable<HostMask>? Address(int which) => which switch
    {
        0 => OriginalSource,
        1 => OriginalDestination,
        2 => ReplySource,
        _ => ReplyDestination,
    };

    private Negatable<PortRange>? Ports(int which) => which switch
    {
        0 => OriginalSourcePorts,
        1 => OriginalDestinationPorts,
        2 => ReplySourcePorts,
        _ => ReplyDestinationPorts,
    };

    private void Write(OptionWriter writer, string dashes, in PrintContext context)
    {
        void Option(string name, bool isNegated, string value) =>
            writer.Raw(isNegated ? " ! " : " ").Raw(dashes).Raw(name).Raw(' ').Raw(value);

        if (States is { } states)
        {
            Option("ctstate", states.IsNegated, ConntrackStateText.Format(states.Value));
        }
        if (ConnectionProtocol is { } protocol)
        {
            Option("ctproto", protocol.IsNegated, protocol.Value.ToString(CultureInfo.InvariantCulture));
        }
        for (int i = 0; i < AddressNames.Length; i++)
        {
            if (Address(i) is { } address)
            {
                string text = dashes.Length > 0
                    ? AddressWriter.Numeric(address.Value.Address, address.Value.Mask)
                    : AddressWriter.Listed(address.Value.Address, address.Value.Mask, context);
                Option(AddressNames[i], address.IsNegated, text);
            }
        }
        for (int i = 0; i < PortNames.Length; i++)
        {
            if (Ports(i) is { } ports)
            {
                Option(PortNames[i], ports.IsNegated, ports.Value.ToString());
            }
        }
        if (ConnectionStatus is { } status)
        {
            Option("ctstatus", status.IsNegated, ConntrackStateText.Format(status.Value));
        }
        if (ExpirySeconds is { } expiry)
        {
            (uint low, uint high) = expiry.Value;
            Option("ctexpire", expiry.IsNegated, low == high
                ? low.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{low}:{high}"));
        }
        if (PacketDirection is { } direction)
        {
            Option("ctdir", false, direction == ConnectionDirection.Original ? "ORIGINAL" : "REPLY");
        }
    }

    private static OptionSpec AddressOption(string name, string help) => new(name, OptionKind.HostMask)
    {
        Invertible = true,
        ValueName = "address[/mask]",
        Help = help,
    };

    private static OptionSpec PortOption(string name, string help) => new(name, OptionKind.PortRange)
    {
        Invertible = true,
        ValueName = "port[:port]",
        Help = help,
    };

    private static object? ParseDirection(OptionCall call) =>
        call.Argument.Equals("ORIGINAL", StringComparison.OrdinalIgnoreCase) ? ConnectionDirection.Original
        : call.Argument.Equals("REPLY", StringComparison.OrdinalIgnoreCase) ? ConnectionDirection.Reply
        : throw OptionCall.Error($"conntrack: Bad value for \"--ctdir\" option: \"{call.Argument}\"");

    private static ConntrackMatch Build(OptionValues values)
    {
        Negatable<T>? Get<T>(string name, Func<object, T> convert)
            where T : struct =>
            values.Has(name) ? new Negatable<T>(convert(values.Get<object>(name)), values.IsInverted(name)) : null;

        Negatable<HostMask>? Address(string name) => Get(name, value => (HostMask)value);

        Negatable<PortRange>? Ports(string name) => Get(name, value =>
            new PortRange((ushort)((OptionRange)value).Low, (ushort)((OptionRange)value).High));

        return new ConntrackMatch
        {
            States = Get("ctstate", value => (ConntrackStates)value),
            ConnectionProtocol = Get("ctproto", value => (byte)(ulong)value),
            OriginalSource = Address("ctorigsrc"),
            OriginalDestination = Address("ctorigdst"),
            ReplySource = Address("ctreplsrc"),
            ReplyDestination = Address("ctrepldst"),
            OriginalSourcePorts = Ports("ctorigsrcport"),
            OriginalDestinationPorts = Ports("ctorigdstport"),
            ReplySourcePorts = Ports("ctreplsrcport"),
            ReplyDestinationPorts = Ports("ctrepldstport"),
            ConnectionStatus = Get("ctstatus", value => (ConnectionStatus)value),
            ExpirySeconds = Get("ctexpire", value => ((uint)((OptionRange)value).Low, (uint)((OptionRange)value).High)),
            PacketDirection = values.Has("ctdir") ? values.Get<ConnectionDirection>("ctdir") : null,
        };
    }
}
