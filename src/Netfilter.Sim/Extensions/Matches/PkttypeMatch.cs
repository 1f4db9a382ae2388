using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m pkttype</c>: to whom the link layer addressed the packet (<c>net/netfilter/xt_pkttype.c pkttype_mt</c>).</summary>
/// <param name="Type">The type.</param>
/// <param name="IsNegated"><c>! --pkt-type</c>.</param>
public sealed record PkttypeMatch(PacketType Type, bool IsNegated = false) : Match
{
    // The first name of each type is the one that is printed.
    private static readonly (string Name, PacketType Type)[] Names =
    [
        ("unicast", PacketType.Host), ("broadcast", PacketType.Broadcast), ("multicast", PacketType.Multicast),
        ("otherhost", PacketType.OtherHost), ("host", PacketType.Host), ("bcast", PacketType.Broadcast),
        ("mcast", PacketType.Multicast),
    ];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "pkttype",
        KernelBytes = 8,
        Summary = "Matches to whom the link layer addressed the packet.",
        Source = "net/netfilter/xt_pkttype.c, extensions/libxt_pkttype.c",
        Options =
        [
            new("pkt-type", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "unicast|broadcast|multicast", Parse = ParseType, Help = "The type.",
                Sample = source => Names[source.Next(3)].Name,
            },
        ],
        Build = values => new PkttypeMatch(values.Get<PacketType>("pkt-type"), values.IsInverted("pkt-type")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("pkt-type", NameOf(Type), IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("PKTTYPE ").Raw(IsNegated ? "!= " : "= ").Raw(NameOf(Type));

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        PacketType type = packet.PacketType;
        if (type == PacketType.Loopback)
        {
            bool isGroup = packet.Family == IpFamily.IPv4 ? packet.DestinationV4 >> 28 == 14 : packet.Span[24] == 0xff;
            type = isGroup ? PacketType.Multicast : PacketType.Broadcast;
        }
        return MatchResult.When((type == Type) != IsNegated, 0, (ulong)type);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) =>
        Reason.Text("packet type", NameOf((PacketType)result.Seen), result, NameOf(Type), IsNegated);

    private static string NameOf(PacketType type) => Array.Find(Names, known => known.Type == type).Name ?? "unknown";

    private static object? ParseType(OptionCall call)
    {
        foreach ((string name, PacketType type) in Names)
        {
            if (name.Equals(call.Argument, StringComparison.OrdinalIgnoreCase))
            {
                return type;
            }
        }
        throw OptionCall.Error($"Bad packet type '{call.Argument}'");
    }
}
