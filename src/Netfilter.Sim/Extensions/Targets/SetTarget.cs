using System.Collections.Immutable;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Sets;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j SET</c>: adds what a packet stands for to an ipset, takes it out, or gives the packet what the set keeps
/// (<c>net/netfilter/xt_set.c set_target_v3</c>).
/// </summary>
/// <param name="Add">The set to add to; null when none.</param>
/// <param name="Delete">The set to delete from; null when none.</param>
/// <param name="Map">The set to take mark, priority and queue from; null when none.</param>
/// <param name="Flags">How.</param>
/// <param name="TimeoutSeconds">Seconds that an added element lives; null for the set's default.</param>
public sealed record SetTarget(
    SetReference? Add, SetReference? Delete, SetReference? Map, SetTargetFlags Flags, uint? TimeoutSeconds) : ExtensionTarget
{
    private const uint MostSeconds = (uint.MaxValue >> 1) / 1000;

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "SET",
        KernelBytes = 24,
        Summary = "Adds addresses of packets to an ipset, deletes them, or maps them to marks and priorities.",
        Source = "net/netfilter/xt_set.c, extensions/libxt_SET.c",
        Revision = 3,

        // The tool takes a ! before any of them and does not look at it.
        Options =
        [
            SetOption("add-set", "Adds to this set."),
            SetOption("del-set", "Deletes from this set."),
            SetOption("map-set", "Takes mark, priority and queue from this set."),
            new("exist") { Repeatable = true, Invertible = true, Help = "An element that is there is renewed." },
            new("timeout", OptionKind.Text)
            {
                Repeatable = true, Invertible = true, ValueName = "seconds", Help = "Seconds that an added element lives.", Parse = ReadTimeout,
                Sample = source => $"{source.Next(100000)}",
            },
            new("map-mark") { Repeatable = true, Invertible = true, Help = "The mark is taken." },
            new("map-prio") { Repeatable = true, Invertible = true, Help = "The priority is taken." },
            new("map-queue") { Repeatable = true, Invertible = true, Help = "The hardware queue is taken." },
        ],
        FinalCheck = FinalCheck,
        Build = Build,
        Sample = source => ["--add-set", "bm", "src", "--exist", "--timeout", $"{source.Next(1000)}"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override ImmutableArray<StateDeclaration> HeldStates =>
        [.. new[] { Add, Delete, Map }.OfType<SetReference>().Select(set => set.State)];

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        RuleEnvironment environment = check.Environment;
        if (new[] { Add, Delete, Map }.Any(set => set is not null && environment.FindSet(set.Name) is null))
        {
            return KernelErrno.NoEntry;
        }
        bool mapsElsewhere = Map is not null && check.Table.Name != "mangle";
        bool mapsTooEarly = Has(SetTargetFlags.MapPriority | SetTargetFlags.MapQueue)
            && check.ReachesAny(Hooks.PreRouting | Hooks.LocalIn);
        return mapsElsewhere || mapsTooEarly ? KernelErrno.Invalid : KernelErrno.None;
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        if (Add is not null)
        {
            uint? timeout = TimeoutSeconds is { } seconds ? Math.Min(seconds, MostSeconds) : null;
            IpSetKernel.Add(
                context.Walk.States, Slot(context, Add), packet, Add.Options, Has(SetTargetFlags.Exist), timeout,
                context.NowNanoseconds);
        }
        if (Delete is not null)
        {
            IpSetKernel.Delete(context.Walk.States, Slot(context, Delete), packet, Delete.Options, context.NowNanoseconds);
        }
        if (Map is not null && IpSetKernel.Test(
            context.Walk.States, Slot(context, Map), packet, Map.Options, context.NowNanoseconds, out SetEntry found))
        {
            packet.Mark = Has(SetTargetFlags.MapMark) ? (packet.Mark & ~found.SkbMarkMask) ^ found.SkbMark : packet.Mark;
            packet.Priority = Has(SetTargetFlags.MapPriority) ? found.SkbPriority : packet.Priority;
        }
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, "--");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer, "");

    private static int Slot(in TargetContext context, SetReference set) => context.Walk.States.Find(set.Key);

    private void Write(OptionWriter writer, string dashes)
    {
        if (Add is not null)
        {
            writer.Word(dashes).Raw("add-set ").Raw(Add.ToString());
            if (Has(SetTargetFlags.Exist))
            {
                writer.Word(dashes).Raw("exist");
            }
            if (TimeoutSeconds is { } seconds)
            {
                writer.Word(dashes).Raw("timeout ").Number(seconds);
            }
        }
        if (Delete is not null)
        {
            writer.Word(dashes).Raw("del-set ").Raw(Delete.ToString());
        }
        if (Map is null)
        {
            return;
        }
        writer.Word(dashes).Raw("map-set ").Raw(Map.ToString());
        foreach ((SetTargetFlags flag, string text) in ((SetTargetFlags, string)[])
            [(SetTargetFlags.MapMark, "map-mark"), (SetTargetFlags.MapPriority, "map-prio"), (SetTargetFlags.MapQueue, "map-queue")])
        {
            if (Has(flag))
            {
                writer.Word(dashes).Raw(text);
            }
        }
    }

    private bool Has(SetTargetFlags flags) => (Flags & flags) != 0;

    private static OptionSpec SetOption(string name, string help) => new(name, OptionKind.Text)
    {
        TakesTwoWords = true,
        Repeatable = true,
        Invertible = true,
        ValueName = "name src|dst[,...]",
        Help = help,
        Parse = SetReference.Read,
    };

    private static object? ReadTimeout(OptionCall call) => CNumber.TryRead(call.Argument, out ulong seconds, 0, uint.MaxValue - 1)
        ? (uint)seconds
        : throw OptionCall.Error("Invalid value for option --timeout or out of range 0-4294967294");

    private static void FinalCheck(OptionValues values)
    {
        if (!values.HasAny("add-set", "del-set", "map-set"))
        {
            throw OptionCall.Error("You must specify either `--add-set' or `--del-set' or `--map-set'");
        }
        if (!values.Has("add-set"))
        {
            foreach (string flag in (string[])["exist", "timeout"])
            {
                if (values.Has(flag))
                {
                    throw OptionCall.Error($"Flag `--{flag}' can be used with `--add-set' only");
                }
            }
        }
        bool maps = values.HasAny("map-mark", "map-prio", "map-queue");
        if (values.Has("map-set") && !maps)
        {
            throw OptionCall.Error("You must specify flags `--map-mark' or '--map-prio` or `--map-queue'");
        }
        if (!values.Has("map-set") && maps)
        {
            throw OptionCall.Error("Flags `--map-mark', `--map-prio' and `--map-queue' can be used with `--map-set' only");
        }
    }

    private static SetTarget Build(OptionValues values) => new(
        values.Get<SetReference?>("add-set", null),
        values.Get<SetReference?>("del-set", null),
        values.Get<SetReference?>("map-set", null),
        (values.Has("exist") ? SetTargetFlags.Exist : 0)
            | (values.Has("map-mark") ? SetTargetFlags.MapMark : 0)
            | (values.Has("map-prio") ? SetTargetFlags.MapPriority : 0)
            | (values.Has("map-queue") ? SetTargetFlags.MapQueue : 0),
        values.Has("timeout") ? values.Get<uint>("timeout") : null);
}

/// <summary>What a <see cref="SetTarget"/> does besides (<c>IPSET_FLAG_*</c>).</summary>
[Flags]
public enum SetTargetFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>An element that is there is renewed.</summary>
    Exist = 1,

    /// <summary>The packet takes the element's mark.</summary>
    MapMark = 2,

    /// <summary>The packet takes the element's priority.</summary>
    MapPriority = 4,

    /// <summary>The packet takes the element's queue.</summary>
    MapQueue = 8,
}
