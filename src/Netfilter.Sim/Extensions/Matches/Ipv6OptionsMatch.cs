using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m hbh</c> and <c>-m dst</c>: hop-by-hop and destination options of IPv6 (<c>net/ipv6/netfilter/ip6t_hbh.c hbh_mt6</c>).
/// </summary>
/// <param name="IsHopByHop">Whether the hop-by-hop header is meant.</param>
/// <param name="Length">Length of the header in bytes; null when not given.</param>
/// <param name="IsLengthInverted">Whether all other lengths are meant.</param>
/// <param name="Options">The options that the header begins with, in order.</param>
public sealed record Ipv6OptionsMatch(
    bool IsHopByHop, uint? Length, bool IsLengthInverted, EquatableArray<Ipv6OptionTest> Options) : Match
{
    private const int MostOptions = 16;

    /// <summary>The declaration of <c>hbh</c>.</summary>
    public static MatchDeclaration HopByHop { get; } = Declare("hbh", true, "hop-by-hop");

    /// <summary>The declaration of <c>dst</c>.</summary>
    public static MatchDeclaration Destination { get; } = Declare("dst", false, "destination");

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => IsHopByHop ? HopByHop : Destination;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> ip = context.Packet.Span;
        byte kind = IsHopByHop ? IpProtocols.HopByHop : IpProtocols.DestinationOptions;
        switch (Ipv6HeaderChain.Find(ip, kind, out int offset))
        {
            case Ipv6HeaderChain.Search.Absent:
                return MatchResult.No(Condition.Absent);
            case Ipv6HeaderChain.Search.Broken:
                return MatchResult.HotDrop(Condition.Truncated);
        }
        int length = Ipv6HeaderChain.LengthOf(kind, ip[offset + 1]);
        if (ip.Length - offset < length)
        {
            return MatchResult.No(Condition.Truncated);
        }
        bool fits = Length is not { } wanted || (wanted == length) != IsLengthInverted;
        if (!HaveOptions(ip, offset + 2, length - 2))
        {
            return MatchResult.No(Condition.Options);
        }
        return MatchResult.When(fits, Condition.Length, (ulong)length);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Condition.Absent => $"there is no {(IsHopByHop ? "hop-by-hop" : "destination options")} header",
        Condition.Truncated => "the header is cut short",
        Condition.Options => $"its options are not {string.Join(',', Options)}",
        _ => string.Create(
            CultureInfo.InvariantCulture, $"length {result.Seen} is not {(IsLengthInverted ? "!" : "")}{Length}"),
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        string prefix = Declaration.Name;
        if (Length is { } length)
        {
            writer.Option(prefix + "-len", length, IsLengthInverted);
        }
        if (Options.Length > 0)
        {
            writer.Option(prefix + "-opts", string.Join(',', Options));
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word(Declaration.Name);
        if (Length is { } length)
        {
            writer.Word("length:").Raw(IsLengthInverted ? "!" : "").Number(length);
        }
        if (Options.Length > 0)
        {
            writer.Word("opts ").Raw(string.Join(',', Options));
        }
    }

    private bool HaveOptions(ReadOnlySpan<byte> ip, int at, int left)
    {
        for (int i = 0; i < Options.Length; i++)
        {
            if (left < 1 || ip[at] != Options[i].Type)
            {
                return false;
            }
            int length = 1;
            if (Options[i].Type != 0)
            {
                if (left < 2 || (Options[i].Length is { } wanted && wanted != ip[at + 1]))
                {
                    return false;
                }
                length = ip[at + 1] + 2;
            }
            if ((at > ip.Length - length || left < length) && i < Options.Length - 1)
            {
                return false;
            }
            (at, left) = (at + length, left - length);
        }
        return true;
    }

    private static MatchDeclaration Declare(string name, bool isHopByHop, string words) => new()
    {
        Name = name,
        KernelBytes = 40,
        Summary = $"Matches length and options of an IPv6 {words} options header.",
        Source = "net/ipv6/netfilter/ip6t_hbh.c, extensions/libip6t_hbh.c, extensions/libip6t_dst.c",
        OnlyFamily = IpFamily.IPv6,
        Options =
        [
            new(name + "-len", OptionKind.UInt32) { Invertible = true, ValueName = "length", Help = "Length of the header in bytes." },
            new(name + "-opts", OptionKind.Text)
            {
                ValueName = "type[:length][,...]", Help = "Options that the header begins with.",
                Parse = call => ReadOptions(name, call.Argument),
                Sample = source => $"{source.Next(256)}:{source.Next(255)},{source.Next(256)}",
            },
        ],
        Build = values => new Ipv6OptionsMatch(
            isHopByHop,
            values.Has(name + "-len") ? (uint)values.Get<ulong>(name + "-len") : null,
            values.IsInverted(name + "-len"),
            values.Get<EquatableArray<Ipv6OptionTest>>(name + "-opts", default)),
    };

    private static object? ReadOptions(string extension, string text)
    {
        string[] parts = text.Split(',');
        ImmutableArray<Ipv6OptionTest>.Builder options = ImmutableArray.CreateBuilder<Ipv6OptionTest>();
        foreach (string part in parts)
        {
            if (options.Count == MostOptions)
            {
                throw OptionCall.Error("too many addresses specified");
            }
            int colon = part.IndexOf(':', StringComparison.Ordinal);
            byte type = ReadNumber(extension, "opt", colon < 0 ? part : part[..colon]);
            if (type == 0 && colon >= 0)
            {
                throw OptionCall.Error($"PAD0 {(extension == "hbh" ? "has not" : "hasn't")} got length");
            }
            byte length = colon < 0 ? byte.MaxValue : ReadNumber(extension, "length", part[(colon + 1)..]);
            options.Add(new Ipv6OptionTest(type, length == byte.MaxValue ? null : length));
        }
        return new EquatableArray<Ipv6OptionTest>(options.ToImmutable());
    }

    // parse_opts_num: strtoul, of which eight bits are kept.
    private static byte ReadNumber(string extension, string what, string text)
    {
        CNumber.TryReadPrefix(text, out int used, out ulong number, 0, uint.MaxValue);
        if (used == 0)
        {
            throw OptionCall.Error($"{extension}: no valid digits in {what} `{text}'");
        }
        return used == text.Length ? (byte)number : throw OptionCall.Error($"{extension}: error parsing {what} `{text}'");
    }

    private static class Condition
    {
        public const byte Length = 1;
        public const byte Options = 2;
        public const byte Absent = 3;
        public const byte Truncated = 4;
    }
}

/// <summary>An option that an <see cref="Ipv6OptionsMatch"/> wants.</summary>
/// <param name="Type">The option's type.</param>
/// <param name="Length">The option's length; null for any.</param>
public readonly record struct Ipv6OptionTest(byte Type, byte? Length)
{
    /// <summary><c>type</c> or <c>type:length</c>.</summary>
    public override string ToString() => Length is null
        ? Type.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Type}:{Length}");
}
