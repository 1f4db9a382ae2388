using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m mh</c>: the type of a mobility header (<c>net/ipv6/netfilter/ip6t_mh.c mh_mt6</c>).</summary>
/// <param name="Low">The first type.</param>
/// <param name="High">The last type.</param>
/// <param name="IsInverted">Whether all others are meant.</param>
public sealed record MhMatch(byte Low, byte High, bool IsInverted) : Match
{
    private static readonly (string Name, string Short)[] Types =
    [
        ("binding-refresh-request", "brr"), ("home-test-init", "hoti"), ("careof-test-init", "coti"), ("home-test", "hot"),
        ("careof-test", "cot"), ("binding-update", "bu"), ("binding-acknowledgement", "ba"), ("binding-error", "be"),
    ];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "mh",
        KernelBytes = 8,
        Summary = "Matches the type of an IPv6 mobility header.",
        Source = "net/ipv6/netfilter/ip6t_mh.c, extensions/libip6t_mh.c",
        OnlyFamily = IpFamily.IPv6,
        RequiredProtocol = 135,
        Options =
        [
            new("mh-type", OptionKind.Text)
            {
                Invertible = true, ValueName = "type[:type]", Help = "Type or types, by number or name.", Parse = ReadTypes,
                Sample = source => $"{source.Next(128)}:{128 + source.Next(128)}",
            },
        ],
        Build = values =>
        {
            OptionRange types = values.Get("mh-type", new OptionRange(0, 255, 2));
            return new MhMatch((byte)types.Low, (byte)types.High, values.IsInverted("mh-type"));
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    private bool IsAll => Low == 0 && High == 255;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.FragmentOffset != 0)
        {
            return MatchResult.No(1);
        }
        ReadOnlySpan<byte> header = packet.Transport;
        if (header.Length < 6)
        {
            return MatchResult.HotDrop(2);
        }
        if (header[0] != IpProtocols.NoNext)
        {
            return MatchResult.HotDrop(3, header[0]);
        }
        byte type = header[2];
        return MatchResult.When((type >= Low && type <= High) != IsInverted, 0, type);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        1 => "a later fragment has no mobility header",
        2 => "the mobility header is cut short",
        3 => string.Create(CultureInfo.InvariantCulture, $"header {result.Seen} follows where nothing may"),
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"type {result.Seen} {(result.Answer == MatchAnswer.Yes ? "is" : "is not")} {(IsInverted ? "!" : "")}{Low}:{High}"),
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (!IsAll)
        {
            writer.Flag("mh-type", IsInverted).Raw(' ').Number(Low);
            if (Low != High)
            {
                writer.Raw(':').Number(High);
            }
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("mh");
        if (IsAll && !IsInverted)
        {
            return;
        }
        writer.Raw(' ').Raw(IsInverted ? "!" : "").Raw(NameOf(Low, context.IsNumeric));
        if (Low != High)
        {
            writer.Raw(':').Raw(NameOf(High, context.IsNumeric));
        }
    }

    private static string NameOf(byte type, bool isNumeric) => !isNumeric && type < Types.Length
        ? Types[type].Name
        : type.ToString(CultureInfo.InvariantCulture);

    private static object? ReadTypes(OptionCall call)
    {
        string text = call.Argument;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            byte type = ReadType(text);
            return new OptionRange(type, type, 1);
        }
        byte low = colon == 0 ? (byte)0 : ReadType(text[..colon]);
        byte high = colon == text.Length - 1 ? (byte)255 : ReadType(text[(colon + 1)..]);
        return low <= high ? new OptionRange(low, high, 2) : throw OptionCall.Error("Invalid MH type range (min > max)");
    }

    // An unfinished name fits the first that begins so; a whole one wins.
    private static byte ReadType(string text)
    {
        int found = -1;
        for (int i = 0; i < Types.Length; i++)
        {
            foreach (string name in (string[])[Types[i].Name, Types[i].Short])
            {
                if (name.StartsWith(text, StringComparison.OrdinalIgnoreCase) && (found < 0 || name.Length == text.Length))
                {
                    found = i;
                }
            }
        }
        if (found >= 0)
        {
            return (byte)found;
        }
        return CNumber.TryRead(text, out ulong number, 0, 255)
            ? (byte)number
            : throw OptionCall.Error($"Invalid MH type `{text}'");
    }
}
