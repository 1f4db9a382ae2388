using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m length</c>: the length of the packet in bytes, headers included (<c>net/netfilter/xt_length.c length_mt, length_mt6</c>).</summary>
/// <param name="Low">The least length.</param>
/// <param name="High">The greatest length; below the least when a rule was written so, which no packet fits.</param>
/// <param name="IsNegated"><c>! --length</c>.</param>
public sealed record LengthMatch(ushort Low, ushort High, bool IsNegated = false) : Match
{
    private const int HeaderLengthV6 = 40;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "length",
        KernelBytes = 8,
        Summary = "Matches the length of the packet.",
        Source = "net/netfilter/xt_length.c, extensions/libxt_length.c",
        Options =
        [
            new("length", OptionKind.UInt16Range)
            {
                Required = true, Invertible = true, ValueName = "bytes[:bytes]", Help = "Bytes, IP header included.",
            },
        ],
        Build = values =>
        {
            OptionRange length = values.Get<OptionRange>("length");
            return new LengthMatch((ushort)length.Low, (ushort)length.High, values.IsInverted("length"));
        },
    };

    private string Text => Low == High
        ? Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Low}:{High}");

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("length", Text, IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("length ").Raw(IsNegated ? "!" : "").Raw(Text);

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        int length = packet.Family == IpFamily.IPv4 ? packet.ReadUInt16(2) : packet.ReadUInt16(4) + HeaderLengthV6;
        return MatchResult.When((length >= Low && length <= High) != IsNegated, 0, (ulong)length);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Reason.Value("length", result, Text, IsNegated);
}
