using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m hashlimit</c>: a limit for each group of packets (<c>net/netfilter/xt_hashlimit.c hashlimit_mt_common</c>,
/// <c>struct xt_hashlimit_mtinfo3</c>).
/// </summary>
public sealed record HashlimitMatch : Match
{
    private const byte Credit = 0, NoPorts = 1, Full = 2;
    private const int NameBytes = 254;

    private static readonly (string Name, HashlimitModes Mode)[] ModeNames =
    [
        ("srcip", HashlimitModes.SourceAddress), ("srcport", HashlimitModes.SourcePort),
        ("dstip", HashlimitModes.DestinationAddress), ("dstport", HashlimitModes.DestinationPort),
    ];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "hashlimit",
        KernelBytes = 312,
        Summary = "Limits the rate of each group of packets.",
        Source = "net/netfilter/xt_hashlimit.c, extensions/libxt_hashlimit.c",
        Revision = 3,
        Options =
        [
            RateOption("hashlimit-upto", ["hashlimit"], ["hashlimit-above"], "Match up to this rate."),
            RateOption("hashlimit-above", [], ["hashlimit-upto"], "Match above this rate."),
            Number("hashlimit-htable-size", "Buckets to begin with."),
            Number("hashlimit-htable-max", "Most groups at a time."),
            Number("hashlimit-htable-gcinterval", "Milliseconds between collections."),
            Number("hashlimit-htable-expire", "Milliseconds that an idle group is kept."),
            new("hashlimit-srcmask", OptionKind.PrefixLength) { ValueName = "length", Help = "Prefix of sources." },
            new("hashlimit-dstmask", OptionKind.PrefixLength) { ValueName = "length", Help = "Prefix of destinations." },
            new("hashlimit-burst", OptionKind.Text)
            {
                ValueName = "n", Parse = call => HashlimitText.ParseBurst(call.Argument), Help = "How many may come at once.", Sample = source => $"{source.Next(100) + 1}",
            },
            new("hashlimit-mode", OptionKind.Text)
            {
                ValueName = "mode[,...]", Parse = ParseModes, Help = "srcip, srcport, dstip, dstport: what makes a group.", Sample = _ => "srcip",
            },
            new("hashlimit-name", OptionKind.Text)
            {
                Required = true, MinBytes = 1, KeptBytes = NameBytes, ValueName = "name", Help = "The name of the table.", Sample = source => $"h{source.Next(100)}",
            },
            new("hashlimit-rate-match") { Help = "Tell by the rate of the last interval." },
            new("hashlimit-rate-interval", OptionKind.Text)
            {
                ValueName = "n", Parse = ParseInterval, Help = "Seconds of the interval.", Sample = source => $"{source.Next(100) + 1}",
            },
        ],
        FinalCheck = values =>
        {
            if (!values.HasAny("hashlimit-upto", "hashlimit-above"))
            {
                throw OptionCall.Error("You have to specify --hashlimit");
            }
            HashlimitText.CheckBurst(values);
        },
        Build = HashlimitText.Build,
        Sample = source => ["--hashlimit-upto", $"{source.Next(1000) + 1}/sec", "--hashlimit-mode", "srcip", "--hashlimit-name", $"h{source.Next(100)}"],
    };

    /// <summary>The name of the table: rules of one name and family share it.</summary>
    public required string Name { get; init; }

    /// <summary>The numbers.</summary>
    public HashlimitSettings Settings { get; init; } = new();

    /// <summary>The family of the rule.</summary>
    public IpFamily Family { get; init; } = IpFamily.IPv4;

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override StateDeclaration State =>
        new(() => new HashlimitTable(Settings), new StateKey(Family == IpFamily.IPv4 ? "hashlimit" : "hashlimit6", Name));

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        HashlimitSettings own = Settings;
        writer.Flag(own.IsAbove ? "hashlimit-above" : "hashlimit-upto");
        uint usual = HashlimitText.WriteRate(writer.Raw(' '), own, " --hashlimit-burst ");
        WriteModes(writer, " --hashlimit-mode ", ',');
        writer.Option("hashlimit-name", Name);
        WriteTable(writer, " --hashlimit-", usual);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word(Settings.IsAbove ? "limit: above " : "limit: up to ");
        uint usual = HashlimitText.WriteRate(writer, Settings, " burst ", Math.Max(Settings.IntervalSeconds, 1));
        WriteModes(writer, " mode ", '-');
        WriteTable(writer, " ", usual);
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // hashlimit_mt_check_common
        HashlimitSettings own = Settings;
        int width = check.Family == IpFamily.IPv4 ? 32 : 128;
        if (own.CollectMilliseconds == 0 || own.ExpireMilliseconds == 0 || own.SourceLength > width || own.DestinationLength > width)
        {
            return KernelErrno.Invalid;
        }
        if (own.MatchesRate)
        {
            bool fits = own.Average is not 0 and <= uint.MaxValue;
            return !fits ? KernelErrno.Range : own.IntervalSeconds == 0 ? KernelErrno.Invalid : NameErrno;
        }
        if (own.CountsBytes)
        {
            return HashlimitTable.ToByteCredits(own.Average) == 0 ? KernelErrno.Invalid : NameErrno;
        }
        bool overflows = own.Burst == 0
            || HashlimitTable.ToCredits(unchecked(own.Average * own.Burst)) < HashlimitTable.ToCredits(own.Average);
        return overflows ? KernelErrno.Range : NameErrno;
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        HashlimitTable table = context.WriteState<HashlimitTable>();
        if (!TryMakeKey(context.Packet, table.Settings, out HashlimitTable.Key key))
        {
            return MatchResult.HotDrop(NoPorts);
        }
        ref HashlimitTable.Bucket bucket = ref table.Take(key, Jiffies.Of(context.NowNanoseconds));
        if (Unsafe.IsNullRef(ref bucket))
        {
            return MatchResult.HotDrop(Full);
        }
        bool isBelow;
        ulong seen;
        if (Settings.MatchesRate)
        {
            bucket.CurrentRate += Settings.CountsBytes ? (ulong)context.Packet.Length : 1;
            seen = bucket.CurrentRate;
            isBelow = !bucket.WasOver && bucket.CurrentRate <= bucket.RateBurst;
        }
        else
        {
            ulong cost = Settings.CountsBytes ? HashlimitTable.ByteCost(ref bucket, context.Packet.Length) : bucket.Cost;
            seen = bucket.Credit;
            isBelow = bucket.Credit >= cost;
            bucket.Credit -= isBelow ? cost : 0;
        }
        return MatchResult.When(isBelow != Settings.IsAbove, Credit, seen);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        NoPorts => "the ports are cut off, or no header follows",
        Full => $"table {Name} is full",
        _ => string.Create(CultureInfo.InvariantCulture, $"the packet is {((result.Answer == MatchAnswer.Yes) != Settings.IsAbove ? "within" : "above")} the rate of {Name}"),
    };

    // The table's name becomes a file's (xt_check_proc_name).
    private KernelErrno NameErrno => Name is "." or ".." || Name.Contains('/') ? KernelErrno.Invalid : KernelErrno.None;

    // ipv6_skip_exthdr
    private static bool HasTransport(ReadOnlySpan<byte> ip)
    {
        byte next = ip[6];
        return PacketParser.SkipExtensionHeaders(ip, 40, ref next, out _) >= 0;
    }

    // hashlimit_init_dst
    private static bool TryMakeKey(PacketBuffer packet, in HashlimitSettings settings, out HashlimitTable.Key key)
    {
        HashlimitModes modes = settings.Modes;
        UInt128 source = (modes & HashlimitModes.SourceAddress) != 0 ? Masked(packet.Source, settings.SourceLength) : 0;
        UInt128 destination = (modes & HashlimitModes.DestinationAddress) != 0 ? Masked(packet.Destination, settings.DestinationLength) : 0;
        key = new(source, destination, 0, 0);
        if ((modes & (HashlimitModes.SourcePort | HashlimitModes.DestinationPort)) == 0)
        {
            return true;
        }
        if (packet.Family == IpFamily.IPv6 && !HasTransport(packet.Span))
        {
            return false;
        }
        int offset = packet.Protocol switch
        {
            IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Sctp or IpProtocols.Dccp or IpProtocols.Esp => 0,
            IpProtocols.Ah => 4,
            _ => -1,
        };
        if (offset < 0)
        {
            return true;
        }
        ReadOnlySpan<byte> transport = packet.Transport;
        if (transport.Length < offset + 4)
        {
            return false;
        }
        key = new(
            source,
            destination,
            (modes & HashlimitModes.SourcePort) != 0 ? BinaryPrimitives.ReadUInt16BigEndian(transport[offset..]) : (ushort)0,
            (modes & HashlimitModes.DestinationPort) != 0 ? BinaryPrimitives.ReadUInt16BigEndian(transport[(offset + 2)..]) : (ushort)0);
        return true;
    }

    private static UInt128 Masked(NetAddress address, byte length) =>
        address.Bits & NetPrefix.MaskOf(address.Family, length).Bits;

    private void WriteModes(OptionWriter writer, string before, char separator)
    {
        HashlimitModes modes = Settings.Modes;
        if (modes != HashlimitModes.None)
        {
            writer.Raw(before).Raw(string.Join(separator, ModeNames.Where(known => (modes & known.Mode) != 0).Select(known => known.Name)));
        }
    }

    private void WriteTable(OptionWriter writer, string before, uint usualExpiry)
    {
        HashlimitSettings own = Settings;
        int width = Family == IpFamily.IPv4 ? 32 : 128;
        Write("htable-size ", own.TableSize, own.TableSize != 0);
        Write("htable-max ", own.TableMax, own.TableMax != 0);
        Write("htable-gcinterval ", own.CollectMilliseconds, own.CollectMilliseconds != 1000);
        Write("htable-expire ", own.ExpireMilliseconds, own.ExpireMilliseconds != usualExpiry);
        Write("srcmask ", own.SourceLength, own.SourceLength != width);
        Write("dstmask ", own.DestinationLength, own.DestinationLength != width);
        if (own.MatchesRate)
        {
            writer.Raw(before).Raw("rate-match");
            Write("rate-interval ", own.IntervalSeconds, own.IntervalSeconds != 1);
        }

        void Write(string name, uint value, bool isTold)
        {
            if (isTold)
            {
                writer.Raw(before).Raw(name).Number(value);
            }
        }
    }

    private static OptionSpec RateOption(string name, string[] aliases, string[] excludes, string help) => new(name, OptionKind.Text)
    {
        Aliases = [.. aliases],
        Invertible = true,
        Excludes = [.. excludes],
        ValueName = "rate[/unit]",
        Parse = HashlimitText.ParseRate,
        Help = help,
        Sample = source => $"{source.Next(1000) + 1}/sec",
    };

    private static OptionSpec Number(string name, string help) => new(name, OptionKind.UInt32) { ValueName = "n", Help = help };

    // parse_interval: atoi, which takes what follows a number for nothing.
    private static object? ParseInterval(OptionCall call) => CNumber.Atoi(call.Argument) is var seconds and > 0
        ? (ulong)seconds
        : throw OptionCall.Error($"hashlimit: Bad value for \"--hashlimit-rate-interval\" option: \"{call.Argument}\"");

    private static object? ParseModes(OptionCall call)
    {
        HashlimitModes modes = HashlimitModes.None;
        foreach (string part in call.Argument.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int known = Array.FindIndex(ModeNames, mode => mode.Name == part);
            modes |= known >= 0
                ? ModeNames[known].Mode
                : throw OptionCall.Error($"hashlimit: Bad value for \"--hashlimit-mode\" option: \"{call.Argument}\"");
        }
        return modes;
    }
}
