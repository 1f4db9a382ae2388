using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m ipv6header</c>: which extension headers a packet has (<c>net/ipv6/netfilter/ip6t_ipv6header.c</c>).</summary>
/// <param name="Headers">The headers, a bit each.</param>
/// <param name="IsInverted">Whether the answer is turned round.</param>
/// <param name="IsSoft">Whether other headers may be there too.</param>
public sealed record Ipv6headerMatch(byte Headers, bool IsInverted, bool IsSoft) : Match
{
    private const byte Esp = 4, None = 2, Protocol = 1;

    private static readonly (byte Bit, byte Number, string[] Names)[] Known =
    [
        (128, 0, ["hop-by-hop", "hop", "hopopt", "HOPOPT"]),
        (64, 60, ["ipv6-opts", "dst", "IPv6-Opts"]),
        (32, 43, ["ipv6-route", "route", "IPv6-Route"]),
        (16, 44, ["ipv6-frag", "frag", "IPv6-Frag"]),
        (8, 51, ["ah", "auth", "AH", "IPSEC-AH"]),
        (Esp, 50, ["esp", "ESP", "IPSEC-ESP"]),
        (None, 59, ["ipv6-nonxt", "none", "IPv6-NoNxt"]),
        (Protocol, 255, ["protocol", "prot"]),
    ];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "ipv6header",
        KernelBytes = 8,
        Summary = "Matches the set of IPv6 extension headers of a packet.",
        Source = "net/ipv6/netfilter/ip6t_ipv6header.c, extensions/libip6t_ipv6header.c",
        OnlyFamily = IpFamily.IPv6,
        Options =
        [
            new("header", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "header[,header]", Help = "Headers by name or number.",
                Parse = call => ReadHeaders(call.Argument),
                Sample = source => TextOf((byte)(source.Next(255) + 1)),
            },
            new("soft") { Help = "Other headers may be there too." },
        ],
        Build = values => new Ipv6headerMatch(
            values.Get<byte>("header"), values.IsInverted("header"), values.Has("soft")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> ip = context.Packet.Span;
        byte next = ip[6], found = 0;
        int offset = 40;
        while (PacketParser.IsExtension(next) || next == IpProtocols.Esp)
        {
            if (next == IpProtocols.NoNext)
            {
                found |= None;
                break;
            }
            if (ip.Length - offset < 2)
            {
                return MatchResult.No(1);
            }
            found |= BitOf(next);
            if (next == IpProtocols.Esp)
            {
                break;
            }
            int length = Ipv6HeaderChain.LengthOf(next, ip[offset + 1]);
            next = ip[offset];
            offset += length;
            if (offset > ip.Length)
            {
                break;
            }
        }
        found |= next is IpProtocols.NoNext or IpProtocols.Esp ? (byte)0 : Protocol;
        bool matches = IsSoft
            ? ((found ^ Headers ^ (IsInverted ? 255 : 0)) & Headers) == 0
            : (found == Headers) != IsInverted;
        return MatchResult.When(matches, 0, found);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == 1
        ? "the header chain is cut short"
        : $"headers {TextOf((byte)result.Seen)} {(result.Answer == MatchAnswer.Yes ? "fit" : "do not fit")} {(IsInverted ? "!" : "")}{TextOf(Headers)}";

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Option("header", TextOf(Headers), IsInverted);
        if (IsSoft)
        {
            writer.Flag("soft");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("ipv6header");
        if (Headers != 0 || IsInverted)
        {
            writer.Word("flags:").Raw(IsInverted ? "!" : "");
            writer.Raw(context.IsNumeric ? string.Create(CultureInfo.InvariantCulture, $"0x{Headers:X2}") : TextOf(Headers));
        }
        if (IsSoft)
        {
            writer.Word("soft");
        }
    }

    private static byte BitOf(byte number)
    {
        foreach ((byte bit, byte known, _) in Known)
        {
            if (known == number)
            {
                return bit;
            }
        }
        return 0;
    }

    private static object? ReadHeaders(string text)
    {
        byte headers = 0;
        foreach (string name in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            byte number = byte.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out byte value)
                ? value
                : NumberOf(name);
            byte bit = BitOf(number);
            headers |= bit != 0 ? bit : throw OptionCall.Error($"unknown header `{name}' specified");
        }
        return headers != 0 ? headers : throw OptionCall.Error("ip6t_ipv6header: cannot parse header names");
    }

    private static byte NumberOf(string name)
    {
        foreach ((_, byte number, string[] names) in Known)
        {
            if (names.Contains(name))
            {
                return number;
            }
        }
        throw OptionCall.Error($"unknown header `{name}' specified");
    }

    private static string TextOf(byte headers) =>
        string.Join(',', Known.Where(header => (headers & header.Bit) != 0).Select(header => header.Names[0]));
}
