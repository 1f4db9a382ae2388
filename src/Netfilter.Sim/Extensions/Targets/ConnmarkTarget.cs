using System.Collections.Immutable;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j CONNMARK</c>: changes the connection's mark, or copies it from or to the packet's
/// (<c>net/netfilter/xt_connmark.c connmark_tg_shift</c>, <c>struct xt_connmark_tginfo2</c>).
/// </summary>
public sealed record ConnmarkTarget : ExtensionTarget
{
    private static readonly ImmutableArray<string> Operations =
        ["set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark", "save-mark", "restore-mark"];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "CONNMARK",
        KernelBytes = 16,
        Summary = "Changes the mark of the packet's connection, or copies it from or to the packet's.",
        Source = "net/netfilter/xt_connmark.c, extensions/libxt_CONNMARK.c",
        Revision = 2,
        Options =
        [
            new("set-xmark", OptionKind.MarkMask) { Parse = ParseSet, Excludes = Operations, ValueName = "value[/mask]", Help = "Clear the bits of the mask and xor the value in." },
            new("set-mark", OptionKind.MarkMask) { Parse = ParseSet, Excludes = Operations, ValueName = "value[/mask]", Help = "Clear the bits of mask and value and or the value in." },
            new("and-mark", OptionKind.UInt32) { Parse = ParseSet, Excludes = Operations, ValueName = "bits", Help = "And the mark with bits." },
            new("or-mark", OptionKind.UInt32) { Parse = ParseSet, Excludes = Operations, ValueName = "bits", Help = "Or bits into the mark." },
            new("xor-mark", OptionKind.UInt32) { Parse = ParseSet, Excludes = Operations, ValueName = "bits", Help = "Xor bits into the mark." },
            new("save-mark") { Excludes = Operations, Help = "Copy the packet's mark to the connection." },
            new("restore-mark") { Excludes = Operations, Help = "Copy the connection's mark to the packet." },
            new("left-shift-mark", OptionKind.UInt8) { Max = 32, ValueName = "bits", Help = "Shift what is copied left." },
            new("right-shift-mark", OptionKind.UInt8) { Max = 32, ValueName = "bits", Help = "Shift what is copied right." },
            new("ctmask", OptionKind.UInt32) { Parse = ParseMask, Excludes = ["mask"], ValueName = "mask", Help = "Bits of the connection's mark that count." },
            new("nfmask", OptionKind.UInt32) { Parse = ParseMask, Excludes = ["mask"], ValueName = "mask", Help = "Bits of the packet's mark that count." },
            new("mask", OptionKind.UInt32) { Parse = ParseMask, Excludes = ["ctmask", "nfmask"], ValueName = "mask", Help = "Bits of both that count." },
        ],
        FinalCheck = values =>
        {
            if (!Operations.Any(operation => values.Has(operation)))
            {
                throw OptionCall.Error("CONNMARK target: No operation specified");
            }
        },
        Build = Build,
        Sample = source => source.Next(3) == 0 ? ["--save-mark"] : ["--set-xmark", $"0x{source.Next(int.MaxValue):x}/0x{source.Next(int.MaxValue):x}"],
    };

    /// <summary>What is done.</summary>
    public ConnmarkMode Mode { get; init; }

    /// <summary>The bits xored in, for <see cref="ConnmarkMode.Set"/>.</summary>
    public uint Mark { get; init; }

    /// <summary>Bits of the connection's mark that are cleared, or copied.</summary>
    public uint ConnectionMask { get; init; } = uint.MaxValue;

    /// <summary>Bits of the packet's mark that are copied, or cleared.</summary>
    public uint PacketMask { get; init; } = uint.MaxValue;

    /// <summary>By how many bits what is written is shifted: to the left, or to the right when negative.</summary>
    public int Shift { get; init; }

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Mode == ConnmarkMode.Set)
        {
            writer.Flag("set-xmark").Raw(' ').Hex(Mark).Raw('/').Hex(ConnectionMask);
        }
        else
        {
            writer.Flag(Mode == ConnmarkMode.Save ? "save-mark" : "restore-mark");
            writer.Flag("nfmask").Raw(' ').Hex(PacketMask).Flag("ctmask").Raw(' ').Hex(ConnectionMask);
        }
        WriteShift(writer, " --");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("CONNMARK ");
        switch (Mode)
        {
            case ConnmarkMode.Set:
                ListSet(writer);
                break;
            case ConnmarkMode.Save:
                ListCopy(writer, "save", "nfmask", PacketMask, "ctmask", ConnectionMask);
                break;
            default:
                ListCopy(writer, "restore", "ctmask", ConnectionMask, "nfmask", PacketMask);
                break;
        }
        WriteShift(writer, " ");
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        int id = context.Packet.Connection;
        if (id < 0)
        {
            // A template of the CT target takes a mark too, but no packet ever sees it.
            return TargetVerdict.Continue;
        }
        ConnectionTracker tracker = context.Walk.Conntrack;
        uint mark = tracker.Read(id).Mark;
        switch (Mode)
        {
            case ConnmarkMode.Set:
                Write(tracker, id, mark, Shifted((mark & ~ConnectionMask) ^ Mark));
                break;
            case ConnmarkMode.Save:
                Write(tracker, id, mark, (mark & ~ConnectionMask) ^ Shifted(context.Packet.Mark & PacketMask));
                break;
            default:
                context.Packet.Mark = (context.Packet.Mark & ~PacketMask) ^ Shifted(mark & ConnectionMask);
                break;
        }
        return TargetVerdict.Continue;
    }

    private static void Write(ConnectionTracker tracker, int id, uint former, uint mark)
    {
        if (mark != former)
        {
            ref ConnectionRecord record = ref tracker.Write(id);
            record.Mark = mark;
            tracker.Note(ref record, ConntrackEvents.Mark);
        }
    }

    // The processor shifts by the lowest five bits: 32 leaves all as it is.
    private uint Shifted(uint value) => Shift < 0 ? value >> -Shift : value << Shift;

    private void ListSet(OptionWriter writer)
    {
        if (Mark == 0)
        {
            writer.Raw("and ").Hex(~ConnectionMask);
        }
        else if (Mark == ConnectionMask)
        {
            writer.Raw("or ").Hex(Mark);
        }
        else if (ConnectionMask == 0)
        {
            writer.Raw("xor ").Hex(Mark);
        }
        else if (ConnectionMask == uint.MaxValue)
        {
            writer.Raw("set ").Hex(Mark);
        }
        else
        {
            writer.Raw("xset ").Hex(Mark).Raw('/').Hex(ConnectionMask);
        }
    }

    private static void ListCopy(OptionWriter writer, string name, string from, uint fromMask, string to, uint toMask)
    {
        writer.Raw(name);
        if (fromMask != toMask)
        {
            writer.Word(from).Raw(' ').Hex(fromMask).Word(to).Raw(" ~").Hex(toMask);
        }
        else if (fromMask != uint.MaxValue)
        {
            writer.Word("mask ").Hex(fromMask);
        }
    }

    private void WriteShift(OptionWriter writer, string before)
    {
        if (Shift != 0)
        {
            writer.Raw(before).Raw(Shift < 0 ? "right-shift-mark " : "left-shift-mark ").Number((ulong)Math.Abs(Shift));
        }
    }

    // Options write the masks when they are met: the last one counts.
    private static object? ParseMask(OptionCall call)
    {
        if (call.Option.Name != "nfmask")
        {
            call.Values.Set("connection", (uint)(ulong)call.Value!);
        }
        if (call.Option.Name != "ctmask")
        {
            call.Values.Set("packet", (uint)(ulong)call.Value!);
        }
        return null;
    }

    private static object? ParseSet(OptionCall call)
    {
        MaskedValue marked = call.Value is MaskedValue value ? value : new((uint)(ulong)call.Value!, 0);
        (uint mark, uint mask) = call.Option.Name switch
        {
            "set-xmark" => (marked.Value, marked.Mask),
            "set-mark" => (marked.Value, marked.Value | marked.Mask),
            "and-mark" => (0u, ~marked.Value),
            "or-mark" => (marked.Value, marked.Value),
            _ => (marked.Value, 0u),
        };
        call.Values.Set("connection", mask);
        return mark;
    }

    private static ConnmarkTarget Build(OptionValues values)
    {
        string? set = Operations.Take(5).FirstOrDefault(operation => values.Has(operation));
        return new ConnmarkTarget
        {
            Mode = set is not null ? ConnmarkMode.Set : values.Has("save-mark") ? ConnmarkMode.Save : ConnmarkMode.Restore,
            Mark = set is null ? 0 : values.Get<uint>(set),
            ConnectionMask = values.Get("connection", uint.MaxValue),
            PacketMask = values.Get("packet", uint.MaxValue),
            Shift = values.Has("right-shift-mark")
                ? -(int)values.Get<ulong>("right-shift-mark")
                : (int)values.Get("left-shift-mark", 0UL),
        };
    }
}

/// <summary>What CONNMARK does (<c>XT_CONNMARK_*</c>).</summary>
public enum ConnmarkMode : byte
{
    /// <summary>Changes the connection's mark.</summary>
    Set,

    /// <summary>Copies the packet's mark to the connection.</summary>
    Save,

    /// <summary>Copies the connection's mark to the packet.</summary>
    Restore,
}
