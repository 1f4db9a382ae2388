using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m tos</c>: the type of service of IPv4, the traffic class of IPv6, under a mask
/// (<c>net/netfilter/xt_dscp.c tos_mt</c>, <c>struct xt_tos_match_info</c>).
/// </summary>
/// <param name="Value">The value.</param>
/// <param name="Mask">The bits that count.</param>
/// <param name="IsNegated"><c>! --tos</c>.</param>
public sealed record TosMatch(byte Value, byte Mask, bool IsNegated = false) : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "tos",
        KernelBytes = 8,
        Summary = "Matches the type of service or traffic class under a mask.",
        Source = "net/netfilter/xt_dscp.c, extensions/libxt_tos.c",
        Revision = 1,
        Options =
        [
            new("tos", OptionKind.TosMask)
            {
                Required = true, Invertible = true, ValueName = "value[/mask]|name", Help = "The value, and the bits of it that count.",
            },
        ],
        Build = values =>
        {
            MaskedValue tos = values.Get<MaskedValue>("tos");
            return new TosMatch((byte)tos.Value, (byte)tos.Mask, values.IsInverted("tos"));
        },
    };

    private string Text => TosText.Format(Value, Mask);

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("tos", Text, IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        string? name = context.IsNumeric ? null : TosText.NameOf(Value, Mask);
        writer.Word("tos match").Raw(IsNegated ? "!" : "").Raw(name is null ? Text : " " + name);
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        byte tos = TosText.Read(context.Packet);
        return MatchResult.When(((tos & Mask) == Value) != IsNegated, 0, tos);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Reason.Hex("tos", result, Text, IsNegated);
}

/// <summary>The type of service: where it lies, how it is written.</summary>
internal static class TosText
{
    private static readonly (string Name, byte Value)[] Names =
    [
        ("Minimize-Delay", 0x10), ("Maximize-Throughput", 0x08), ("Maximize-Reliability", 0x04), ("Minimize-Cost", 0x02),
        ("Normal-Service", 0x00),
    ];

    public static string Format(byte value, byte mask) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x2}/0x{mask:x2}");

    /// <summary>The name that <c>-L</c> shows, only under the mask that names stand for.</summary>
    public static string? NameOf(byte value, byte mask) =>
        mask == 0x3f ? Array.Find(Names, known => known.Value == value).Name : null;

    public static byte Read(PacketBuffer packet) =>
        packet.Family == IpFamily.IPv4 ? packet.Span[1] : (byte)(packet.ReadUInt16(0) >> 4);
}
