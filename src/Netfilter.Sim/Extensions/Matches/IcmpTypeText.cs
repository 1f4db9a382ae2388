using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>A type of ICMP or ICMPv6 and the codes of it that are meant.</summary>
/// <param name="Type">The type.</param>
/// <param name="FirstCode">The lowest code.</param>
/// <param name="LastCode">The highest code.</param>
internal readonly record struct IcmpTypeCode(byte Type, byte FirstCode, byte LastCode);

/// <summary>Types and codes of ICMP and ICMPv6 as text (<c>extensions/libxt_icmp.h</c>).</summary>
internal static class IcmpTypeText
{
    private const byte AnyCode = 255;

    public static readonly ImmutableArray<(string Name, IcmpTypeCode Value)> NamesV4 =
    [
        ("any", new(255, 0, AnyCode)), ("echo-reply", new(0, 0, AnyCode)), ("pong", new(0, 0, AnyCode)),
        ("destination-unreachable", new(3, 0, AnyCode)), ("network-unreachable", new(3, 0, 0)),
        ("host-unreachable", new(3, 1, 1)), ("protocol-unreachable", new(3, 2, 2)), ("port-unreachable", new(3, 3, 3)),
        ("fragmentation-needed", new(3, 4, 4)), ("source-route-failed", new(3, 5, 5)), ("network-unknown", new(3, 6, 6)),
        ("host-unknown", new(3, 7, 7)), ("network-prohibited", new(3, 9, 9)), ("host-prohibited", new(3, 10, 10)),
        ("TOS-network-unreachable", new(3, 11, 11)), ("TOS-host-unreachable", new(3, 12, 12)),
        ("communication-prohibited", new(3, 13, 13)), ("host-precedence-violation", new(3, 14, 14)),
        ("precedence-cutoff", new(3, 15, 15)), ("source-quench", new(4, 0, AnyCode)), ("redirect", new(5, 0, AnyCode)),
        ("network-redirect", new(5, 0, 0)), ("host-redirect", new(5, 1, 1)), ("TOS-network-redirect", new(5, 2, 2)),
        ("TOS-host-redirect", new(5, 3, 3)), ("echo-request", new(8, 0, AnyCode)), ("ping", new(8, 0, AnyCode)),
        ("router-advertisement", new(9, 0, AnyCode)), ("router-solicitation", new(10, 0, AnyCode)),
        ("time-exceeded", new(11, 0, AnyCode)), ("ttl-exceeded", new(11, 0, AnyCode)),
        ("ttl-zero-during-transit", new(11, 0, 0)), ("ttl-zero-during-reassembly", new(11, 1, 1)),
        ("parameter-problem", new(12, 0, AnyCode)), ("ip-header-bad", new(12, 0, 0)),
        ("required-option-missing", new(12, 1, 1)), ("timestamp-request", new(13, 0, AnyCode)),
        ("timestamp-reply", new(14, 0, AnyCode)), ("address-mask-request", new(17, 0, AnyCode)),
        ("address-mask-reply", new(18, 0, AnyCode)),
    ];

    public static readonly ImmutableArray<(string Name, IcmpTypeCode Value)> NamesV6 =
    [
        ("destination-unreachable", new(1, 0, AnyCode)), ("no-route", new(1, 0, 0)),
        ("communication-prohibited", new(1, 1, 1)), ("beyond-scope", new(1, 2, 2)), ("address-unreachable", new(1, 3, 3)),
        ("port-unreachable", new(1, 4, 4)), ("failed-policy", new(1, 5, 5)), ("reject-route", new(1, 6, 6)),
        ("packet-too-big", new(2, 0, AnyCode)), ("time-exceeded", new(3, 0, AnyCode)), ("ttl-exceeded", new(3, 0, AnyCode)),
        ("ttl-zero-during-transit", new(3, 0, 0)), ("ttl-zero-during-reassembly", new(3, 1, 1)),
        ("parameter-problem", new(4, 0, AnyCode)), ("bad-header", new(4, 0, 0)), ("unknown-header-type", new(4, 1, 1)),
        ("unknown-option", new(4, 2, 2)), ("echo-request", new(128, 0, AnyCode)), ("ping", new(128, 0, AnyCode)),
        ("echo-reply", new(129, 0, AnyCode)), ("pong", new(129, 0, AnyCode)), ("router-solicitation", new(133, 0, AnyCode)),
        ("router-advertisement", new(134, 0, AnyCode)), ("neighbour-solicitation", new(135, 0, AnyCode)),
        ("neighbor-solicitation", new(135, 0, AnyCode)), ("neighbour-advertisement", new(136, 0, AnyCode)),
        ("neighbor-advertisement", new(136, 0, AnyCode)), ("redirect", new(137, 0, AnyCode)),
    ];

    /// <summary><c>3</c> for all codes, <c>3/4</c> for one, <c>3/4-5</c> for some.</summary>
    public static string Numeric(byte type, byte firstCode, byte lastCode) => (firstCode, lastCode) switch
    {
        (0, AnyCode) => type.ToString(CultureInfo.InvariantCulture),
        _ when firstCode == lastCode => string.Create(CultureInfo.InvariantCulture, $"{type}/{firstCode}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{type}/{firstCode}-{lastCode}"),
    };

    public static string Explain(string what, MatchResult result, byte type, byte firstCode, byte lastCode, bool negated) =>
        Reason.Text(
            what,
            string.Create(CultureInfo.InvariantCulture, $"{result.Seen >> 8}/{result.Seen & 255}"),
            result,
            Numeric(type, firstCode, lastCode),
            negated);

    /// <summary>Reads a name by any beginning that only one has, or <c>type[/code[:code]]</c>.</summary>
    public static object? Parse(string text, string protocol, ImmutableArray<(string Name, IcmpTypeCode Value)> names)
    {
        int found = -1;
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i].Name.StartsWith(text, StringComparison.OrdinalIgnoreCase))
            {
                found = found < 0
                    ? i
                    : throw OptionCall.Error(
                        $"Ambiguous {protocol} type `{text}': `{names[found].Name}' or `{names[i].Name}'?");
            }
        }
        return found >= 0 ? names[found].Value : ParseNumbers(text, protocol);
    }

    /// <summary>As <c>-L</c> shows it: a name if there is one and names are wanted.</summary>
    public static void List(
        OptionWriter writer,
        string protocol,
        IcmpTypeCode wanted,
        bool negated,
        ImmutableArray<(string Name, IcmpTypeCode Value)> names,
        in PrintContext context)
    {
        writer.Word(protocol);
        foreach ((string name, IcmpTypeCode value) in names)
        {
            if (!context.IsNumeric && value == wanted)
            {
                writer.Raw(' ').Raw(negated ? "!" : "").Raw(name);
                return;
            }
        }
        writer.Raw(negated ? " !" : "").Raw("type ").Number(wanted.Type);
        if (wanted.FirstCode == wanted.LastCode)
        {
            writer.Word("code ").Number(wanted.FirstCode);
        }
        else if (wanted is not (_, 0, AnyCode))
        {
            writer.Word("codes ").Number(wanted.FirstCode).Raw('-').Number(wanted.LastCode);
        }
    }

    private static IcmpTypeCode ParseNumbers(string text, string protocol)
    {
        ReadOnlySpan<char> rest = text;
        if (!TryReadRange(ref rest, out byte type, out byte lastType))
        {
            throw OptionCall.Error($"Unknown {protocol} type `{text}'");
        }
        if (type != lastType)
        {
            throw OptionCall.Error($"{protocol} type range not supported");
        }
        (byte firstCode, byte lastCode) = (0, AnyCode);
        if (!rest.IsEmpty && rest[0] == '/')
        {
            rest = rest[1..];
            if (!TryReadRange(ref rest, out firstCode, out lastCode))
            {
                throw OptionCall.Error($"Unknown {protocol} code `{text}'");
            }
        }
        return rest.IsEmpty
            ? new IcmpTypeCode(type, firstCode, lastCode)
            : throw OptionCall.Error($"unknown character {rest[0]}");
    }

    private static bool TryReadRange(ref ReadOnlySpan<char> text, out byte low, out byte high)
    {
        (low, high) = (0, 0);
        if (!CNumber.TryReadPrefix(text, out int used, out ulong first, 0, byte.MaxValue))
        {
            return false;
        }
        text = text[used..];
        ulong last = first;
        if (!text.IsEmpty && text[0] == ':')
        {
            if (!CNumber.TryReadPrefix(text[1..], out used, out last, 0, byte.MaxValue))
            {
                return false;
            }
            text = text[(1 + used)..];
        }
        (low, high) = ((byte)first, (byte)last);
        return true;
    }
}
