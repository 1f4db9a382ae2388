using System.Globalization;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m connbytes</c>: how much a connection has carried so far (<c>net/netfilter/xt_connbytes.c connbytes_mt</c>,
/// <c>struct xt_connbytes_info</c>). Loading it switches counting on.
/// </summary>
/// <param name="From">The least amount; above <paramref name="To"/> for the amounts outside of the two.</param>
/// <param name="To">The greatest amount.</param>
/// <param name="Mode">What is counted.</param>
/// <param name="Direction">Whose packets are counted.</param>
public sealed record ConnbytesMatch(ulong From, ulong To, ConnbytesMode Mode, ConnbytesDirection Direction) : Match
{
    private const byte Amount = 0, NotCounted = 1;

    private static readonly string[] ModeNames = ["packets", "bytes", "avgpkt"];

    private static readonly string[] DirectionNames = ["original", "reply", "both"];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "connbytes",
        KernelBytes = 24,
        Summary = "Matches how many packets or bytes a connection has carried so far.",
        Source = "net/netfilter/xt_connbytes.c, extensions/libxt_connbytes.c",
        Options =
        [
            new("connbytes", OptionKind.UInt64Range)
            {
                Required = true, Invertible = true, ValueName = "from[:to]", Parse = ParseRange, Help = "The amount.",
            },
            new("connbytes-dir", OptionKind.Text)
            {
                Required = true, ValueName = "original|reply|both", Help = "Whose packets are counted.",
                Parse = call => (ConnbytesDirection)Find(call, DirectionNames), Sample = source => DirectionNames[source.Next(3)],
            },
            new("connbytes-mode", OptionKind.Text)
            {
                Required = true, ValueName = "packets|bytes|avgpkt", Help = "What is counted.",
                Parse = call => (ConnbytesMode)Find(call, ModeNames), Sample = source => ModeNames[source.Next(3)],
            },
        ],
        Build = values =>
        {
            (ulong from, ulong to) = values.Get<(ulong, ulong)>("connbytes");
            return new ConnbytesMatch(
                from, to, values.Get<ConnbytesMode>("connbytes-mode"), values.Get<ConnbytesDirection>("connbytes-dir"));
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack | RuleNeeds.Accounting;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        WriteRange(writer, " --");
        writer.Option("connbytes-mode", ModeNames[(int)Mode]).Option("connbytes-dir", DirectionNames[(int)Direction]);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        WriteRange(writer, " ");
        writer.Word("connbytes mode ").Raw(ModeNames[(int)Mode]);
        writer.Word("connbytes direction ").Raw(DirectionNames[(int)Direction]);
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        int id = context.Packet.Connection;
        ConnectionTable table = context.Walk.Conntrack.Table;
        if (id < 0 || !table.HasExtension(id) || !table.ReadExtension(id).HasCounters)
        {
            return MatchResult.No(NotCounted);
        }
        ref readonly ConnectionExtension counters = ref table.ReadExtension(id);
        (ulong packets, ulong bytes) = Direction switch
        {
            ConnbytesDirection.Original => ((ulong)counters.OriginalPackets, (ulong)counters.OriginalBytes),
            ConnbytesDirection.Reply => ((ulong)counters.ReplyPackets, (ulong)counters.ReplyBytes),
            _ => ((ulong)(counters.OriginalPackets + counters.ReplyPackets), (ulong)(counters.OriginalBytes + counters.ReplyBytes)),
        };
        ulong amount = Mode switch
        {
            ConnbytesMode.Packets => packets,
            ConnbytesMode.Bytes => bytes,
            _ => packets == 0 ? 0 : bytes / packets,
        };
        bool fits = To >= From ? amount >= From && amount <= To : amount < To || amount > From;
        return MatchResult.When(fits, Amount, amount);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == NotCounted
        ? "the packet has no connection with counters"
        : string.Create(CultureInfo.InvariantCulture, $"{ModeNames[(int)Mode]} {result.Seen}, wanted {(From > To ? $"not {To}:{From}" : $"{From}:{To}")}");

    private void WriteRange(OptionWriter writer, string before)
    {
        (ulong low, ulong high) = From > To ? (To, From) : (From, To);
        writer.Raw(From > To ? " !" : "").Raw(before).Raw("connbytes ").Number(low);
        if (high is not 0 and not ulong.MaxValue)
        {
            writer.Raw(':').Number(high);
        }
    }

    private static object? ParseRange(OptionCall call)
    {
        OptionRange range = (OptionRange)call.Value!;
        ulong to = range.Count == 2 ? range.High : ulong.MaxValue;
        if (to < range.Low)
        {
            throw OptionCall.Error(string.Create(CultureInfo.InvariantCulture, $"{range.Low} should be less than {to}"));
        }
        return call.IsInverted ? (to, range.Low) : (range.Low, to);
    }

    private static int Find(OptionCall call, string[] names)
    {
        int found = Array.IndexOf(names, call.Argument);
        return found >= 0 ? found : throw OptionCall.Error($"Unknown --{call.Option.Name} `{call.Argument}'");
    }
}

/// <summary>What <c>connbytes</c> counts (<c>enum xt_connbytes_what</c>).</summary>
public enum ConnbytesMode : byte
{
    /// <summary>Packets.</summary>
    Packets,

    /// <summary>Bytes, IP headers included.</summary>
    Bytes,

    /// <summary>Bytes a packet on average.</summary>
    AveragePacket,
}

/// <summary>Whose packets <c>connbytes</c> counts (<c>enum xt_connbytes_direction</c>).</summary>
public enum ConnbytesDirection : byte
{
    /// <summary>Those of the original direction.</summary>
    Original,

    /// <summary>Replies.</summary>
    Reply,

    /// <summary>All.</summary>
    Both,
}
