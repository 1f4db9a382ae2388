using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m connlimit</c>: how many connections a group of addresses has (<c>net/netfilter/xt_connlimit.c connlimit_mt</c>,
/// <c>struct xt_connlimit_info</c>).
/// </summary>
/// <param name="Limit">The number.</param>
/// <param name="IsUpTo">Whether it matches up to that number and not above it.</param>
/// <param name="Mask">What makes a group of addresses.</param>
/// <param name="ByDestination">Whether destinations are counted and not sources.</param>
public sealed record ConnlimitMatch(uint Limit, bool IsUpTo, NetAddress Mask, bool ByDestination = false) : Match
{
    private const byte Count = 0, NoTuple = 1, NoneLeft = 2;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "connlimit",
        KernelBytes = 32,
        Summary = "Matches by the number of connections of a group of addresses.",
        Source = "net/netfilter/xt_connlimit.c, net/netfilter/nf_conncount.c, extensions/libxt_connlimit.c",
        Revision = 1,
        Options =
        [
            new("connlimit-upto", OptionKind.UInt32) { Invertible = true, Excludes = ["connlimit-above"], ValueName = "n", Help = "Match up to n connections." },
            new("connlimit-above", OptionKind.UInt32) { Invertible = true, Excludes = ["connlimit-upto"], ValueName = "n", Help = "Match above n connections." },
            new("connlimit-mask", OptionKind.PrefixMask) { ValueName = "length", Help = "Length of the prefix that makes a group." },
            new("connlimit-saddr") { Excludes = ["connlimit-daddr"], Help = "Count sources; the default." },
            new("connlimit-daddr") { Excludes = ["connlimit-saddr"], Help = "Count destinations." },
        ],
        FinalCheck = values =>
        {
            if (!values.HasAny("connlimit-upto", "connlimit-above"))
            {
                throw OptionCall.Error("You must specify \"--connlimit-above\" or \"--connlimit-upto\".");
            }
        },
        Build = values =>
        {
            string option = values.Has("connlimit-upto") ? "connlimit-upto" : "connlimit-above";
            HostMask full = new(default, new NetAddress(values.Family, UInt128.MaxValue));
            return new ConnlimitMatch(
                (uint)values.Get<ulong>(option),
                (option == "connlimit-upto") != values.IsInverted(option),
                values.Get("connlimit-mask", full).Mask,
                values.Has("connlimit-daddr"));
        },
        Sample = source => ["--connlimit-above", $"{source.Next(100)}", "--connlimit-mask", $"{source.Next(33)}"],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override StateDeclaration State => new(() => new ConnectionCounts());

    private int Length => new NetPrefix(Mask, Mask).Length;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Option(IsUpTo ? "connlimit-upto" : "connlimit-above", Limit);
        writer.Option("connlimit-mask", (ulong)Length).Flag(ByDestination ? "connlimit-daddr" : "connlimit-saddr");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("#conn ").Raw(ByDestination ? "dst/" : "src/").Number((ulong)Length).Raw(IsUpTo ? " <= " : " > ").Number(Limit);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        ConnectionTracker tracker = context.Walk.Conntrack;
        uint now = ConnectionTracker.JiffiesOf(context.NowNanoseconds);
        int connection = packet.Connection;
        CountedConnection counted = default;
        if (connection < 0)
        {
            if (!PacketTuple.TryRead(packet, tracker, out ConnectionTuple tuple))
            {
                return MatchResult.HotDrop(NoTuple);
            }
            counted = new CountedConnection(tuple, default);
            int found = tracker.Table.Find(tuple, default, now);
            connection = found < 0 ? -1 : found >> 1;
        }
        ConnectionStatus? status = null;
        if (connection >= 0)
        {
            ref readonly ConnectionRecord record = ref tracker.Read(connection);
            counted = new CountedConnection(tracker.Original(connection), record.Zone);
            status = record.Has(ConnectionStatus.Confirmed) ? record.Status : null;
        }
        NetAddress address = ByDestination ? packet.Destination : packet.Source;
        NetAddress group = new(address.Family, address.Bits & Mask.Bits);
        int count = context.WriteState<ConnectionCounts>()
            .Count(group, counted, status, tracker, Jiffies.Of(context.NowNanoseconds), now);
        if (count == 0)
        {
            return MatchResult.HotDrop(NoneLeft);
        }
        return MatchResult.When((count > Limit) != IsUpTo, Count, (ulong)count);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        NoTuple => "the packet is part of nothing that can be counted",
        NoneLeft => "no connection is left to count",
        _ => string.Create(CultureInfo.InvariantCulture, $"{result.Seen} connections, wanted {(IsUpTo ? "at most" : "more than")} {Limit}"),
    };
}
