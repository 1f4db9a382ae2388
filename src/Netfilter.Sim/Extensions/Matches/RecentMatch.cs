using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m recent</c>: keeps and asks a named list of addresses (<c>net/netfilter/xt_recent.c recent_mt</c>,
/// <c>struct xt_recent_mtinfo_v1</c>).
/// </summary>
public sealed record RecentMatch : Match
{
    /// <summary>The list without <c>--name</c>.</summary>
    internal const string DefaultName = "DEFAULT";

    /// <summary>Most hits that can be asked for (<c>XT_RECENT_MAX_NSTAMPS</c> − 1).</summary>
    internal const uint MaxHitCount = 65535;

    private static readonly string[] ModeNames = ["set", "rcheck", "update", "remove"];
    private static readonly string[] ListNames = ["SET", "CHECK", "UPDATE", "REMOVE"];

    private const byte Absent = 0, TooFew = 1, Found = 2;

    /// <summary>What to do.</summary>
    public RecentMode Mode { get; init; }

    /// <summary><c>!</c>.</summary>
    public bool IsNegated { get; init; }

    /// <summary><c>--seconds</c>; 0 when not given.</summary>
    public uint Seconds { get; init; }

    /// <summary><c>--reap</c>.</summary>
    public bool Reap { get; init; }

    /// <summary><c>--hitcount</c>; 0 when not given.</summary>
    public uint HitCount { get; init; }

    /// <summary><c>--rttl</c>: the packet's TTL has to be the one remembered.</summary>
    public bool SameTtl { get; init; }

    /// <summary><c>--name</c>.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary><c>--mask</c> in wire order: an IPv4 mask lies in the highest 32 bits, all bits are set without the option.</summary>
    public UInt128 Mask { get; init; } = UInt128.MaxValue;

    /// <summary><c>--rdest</c>: the destination address and not the source.</summary>
    public bool ByDestination { get; init; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "recent",
        KernelBytes = 232,
        Summary = "Keeps and asks a named list of addresses with the times they were seen.",
        Source = "net/netfilter/xt_recent.c, extensions/libxt_recent.c",
        Revision = 1,
        Options =
        [
            ModeOption("set", "Put the address in, or note that it was seen again; matches always."),
            ModeOption("rcheck", "Is the address in the list?"),
            ModeOption("update", "The same, and note that it was seen again."),
            ModeOption("remove", "Take the address out; matches when it was in."),
            new("seconds", OptionKind.UInt32) { Min = 1, ValueName = "n", Help = "Only if seen within the last n seconds." },
            new("reap") { AlsoRequires = ["seconds"], Help = "Also take out what is older than that." },
            new("hitcount", OptionKind.UInt32)
            {
                ValueName = "n", Help = "Only if seen at least n times.", Sample = source => $"{source.Next(300)}",
            },
            new("rttl") { Excludes = ["set", "remove"], Help = "Only if the TTL is that of the packet that was put in." },
            new("name", OptionKind.Text)
            {
                KeptBytes = 199, ValueName = "name", Help = "The list; DEFAULT unless given.", Sample = source => $"list{source.Next(9)}",
            },
            new("rsource") { Parse = call => Side(call, false), Help = "By source address; the default." },
            new("rdest") { Parse = call => Side(call, true), Help = "By destination address." },
            new("mask", OptionKind.Host) { ValueName = "address", Help = "What addresses are masked with." },
        ],
        FinalCheck = values =>
        {
            if (!values.HasAny("set", "rcheck", "update", "remove"))
            {
                throw OptionCall.Error("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
            }
        },
        Build = Build,
        Sample = source => [$"--{ModeNames[source.Next(ModeNames.Length)]}", "--name", $"list{source.Next(9)}"],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag(ModeNames[(int)Mode], IsNegated);
        if (Seconds != 0)
        {
            writer.Flag("seconds").Raw(' ').Raw(Signed(Seconds));
        }
        if (Reap)
        {
            writer.Flag("reap");
        }
        if (HitCount != 0)
        {
            writer.Flag("hitcount").Raw(' ').Raw(Signed(HitCount));
        }
        if (SameTtl)
        {
            writer.Flag("rttl");
        }
        writer.Option("name", Name).Option("mask", MaskText(context.Ip.Family)).Flag(ByDestination ? "rdest" : "rsource");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Raw(IsNegated ? " !" : "").Word("recent: ").Raw(ListNames[(int)Mode]);
        if (Seconds != 0)
        {
            writer.Word("seconds: ").Raw(Signed(Seconds));
        }
        if (Reap)
        {
            writer.Word("reap");
        }
        if (HitCount != 0)
        {
            writer.Word("hit_count: ").Raw(Signed(HitCount));
        }
        if (SameTtl)
        {
            writer.Word("TTL-Match");
        }
        writer.Word("name: ").Raw(Name).Word("side: ").Raw(ByDestination ? "dest" : "source");
        writer.Word("mask: ").Raw(MaskText(context.Ip.Family));
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // recent_mt_check; the list's name becomes a file's (xt_check_proc_name).
        bool asks = Mode is RecentMode.Check or RecentMode.Update;
        bool modifies = Seconds != 0 || HitCount != 0 || Reap || SameTtl;
        bool isFileName = Name is not ("" or "." or "..") && !Name.Contains('/');
        return (modifies && !asks) || (Reap && Seconds == 0) || HitCount > MaxHitCount || !isFileName
            ? KernelErrno.Invalid
            : KernelErrno.None;
    }

    /// <inheritdoc/>
    public override StateDeclaration State =>
        new(() => new RecentTable(Mask, HitCount), new StateKey("recent", Name))
        {
            Join = table => ((RecentTable)table).Join(HitCount),
        };

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        RecentTable table = context.WriteState<RecentTable>();
        NetAddress address = table.Masked(ByDestination ? packet.Destination : packet.Source);
        byte ttl = TtlBeforeForwarding(packet, context.Hook);
        long now = Jiffies.Of(context.NowNanoseconds);
        RecentTable.Entry? entry = table.Find(address, SameTtl ? ttl : (byte)0);
        if (entry is null)
        {
            if (Mode != RecentMode.Set)
            {
                return MatchResult.When(IsNegated, Absent);
            }
            table.Add(address, ttl, now);
            return MatchResult.When(!IsNegated, Found);
        }
        switch (Mode)
        {
            case RecentMode.Set:
                Touch(table, entry, ttl, now);
                return MatchResult.When(!IsNegated, Found);
            case RecentMode.Remove:
                table.Remove(entry);
                return MatchResult.When(!IsNegated, Found);
            default:
                return Ask(table, entry, ttl, now);
        }
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Absent => $"the address is not in list {Name}",
        TooFew => string.Create(CultureInfo.InvariantCulture, $"the address was seen {result.Seen} times{Window}, not {HitCount}"),
        _ => Mode == RecentMode.Set ? $"the address is put into list {Name}" : $"the address is in list {Name}",
    };

    private string Window => Seconds == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" within {Seconds} s");

    /// <inheritdoc/>
    public bool Equals(RecentMatch? other) => other is not null && Mode == other.Mode && IsNegated == other.IsNegated
        && Seconds == other.Seconds && Reap == other.Reap && HitCount == other.HitCount && SameTtl == other.SameTtl
        && Name == other.Name && Mask == other.Mask && ByDestination == other.ByDestination;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mode, Name, Seconds, HitCount, IsNegated, ByDestination);

    private MatchResult Ask(RecentTable table, RecentTable.Entry entry, byte ttl, long now)
    {
        // jiffies - seconds * HZ: the product is 32 bits wide and may wrap.
        long since = now - unchecked(Seconds * (uint)Jiffies.Hz);
        uint hits = 0;
        bool enough = false;
        for (int i = 0; i < entry.StampCount && !enough; i++)
        {
            if (Seconds == 0 || since <= entry.StampAt(i))
            {
                hits++;
                enough = HitCount == 0 || hits >= HitCount;
            }
        }
        bool answer = enough != IsNegated;
        bool update = Mode == RecentMode.Update && answer;
        if (Reap)
        {
            table.Reap(since, entry, update);
        }
        if (update)
        {
            Touch(table, entry, ttl, now);
        }
        return MatchResult.When(answer, enough ? Found : TooFew, hits);
    }

    private static void Touch(RecentTable table, RecentTable.Entry entry, byte ttl, long now)
    {
        table.Update(entry, now);
        entry.Ttl = ttl;
    }

    // The TTL as it was before forwarding took one off, for what no socket of the host has sent.
    private static byte TtlBeforeForwarding(PacketBuffer packet, Hook hook)
    {
        byte ttl = packet.Span[packet.Family == IpFamily.IPv4 ? 8 : 7];
        bool leaving = hook is Hook.Forward or Hook.LocalOut or Hook.PostRouting;
        return leaving && packet.Socket is null ? unchecked((byte)(ttl + 1)) : ttl;
    }

    private string MaskText(IpFamily family) => (family == IpFamily.IPv4
        ? new NetAddress((uint)(Mask >> 96))
        : new NetAddress(Mask)).ToString();

    // The tool prints these with a sign.
    private static string Signed(uint value) => unchecked((int)value).ToString(CultureInfo.InvariantCulture);

    private static OptionSpec ModeOption(string name, string help) => new(name)
    {
        Invertible = true,
        Excludes = ["set", "rcheck", "update", "remove"],
        Help = help,
    };

    // The later of the two options counts.
    private static object? Side(OptionCall call, bool byDestination)
    {
        call.Values.Set("side", byDestination);
        return null;
    }

    private static RecentMatch Build(OptionValues values)
    {
        int mode = Array.FindIndex(ModeNames, values.Has);
        UInt128 mask = UInt128.MaxValue;
        if (values.Has("mask"))
        {
            NetAddress address = values.Get<HostMask>("mask").Address;
            mask = address.Family == IpFamily.IPv4 ? address.Bits << 96 : address.Bits;
        }
        return new RecentMatch
        {
            Mode = (RecentMode)mode,
            IsNegated = values.IsInverted(ModeNames[mode]),
            Seconds = (uint)values.Get("seconds", 0UL),
            Reap = values.Has("reap"),
            HitCount = (uint)values.Get("hitcount", 0UL),
            SameTtl = values.Has("rttl"),
            Name = values.Get("name", DefaultName),
            Mask = mask,
            ByDestination = values.Get("side", false),
        };
    }
}

/// <summary>What a rule does with a list of <c>recent</c>.</summary>
public enum RecentMode : byte
{
    /// <summary><c>--set</c>: puts the address in; matches always.</summary>
    Set,

    /// <summary><c>--rcheck</c>: asks whether it is in.</summary>
    Check,

    /// <summary><c>--update</c>: asks, and notes the time when it matches.</summary>
    Update,

    /// <summary><c>--remove</c>: takes it out; matches when it was in.</summary>
    Remove,
}
