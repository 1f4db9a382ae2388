using System.Collections.Immutable;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j MARK</c>: changes the packet's mark (<c>net/netfilter/xt_mark.c mark_tg</c>): bits in <paramref name="Mask"/> are
/// cleared, then <paramref name="Mark"/> is xored in.
/// </summary>
/// <param name="Mark">The bits xored in.</param>
/// <param name="Mask">The bits cleared first.</param>
public sealed record MarkTarget(uint Mark, uint Mask) : ExtensionTarget
{
    private static readonly ImmutableArray<string> Actions = ["set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark"];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "MARK",
        KernelBytes = 8,
        Summary = "Changes the packet's mark.",
        Source = "net/netfilter/xt_mark.c, extensions/libxt_MARK.c",
        Revision = 2,
        Options =
        [
            new("set-xmark", OptionKind.MarkMask)
            {
                Excludes = Actions, ValueName = "value[/mask]", Help = "Clear the bits of the mask and xor the value in.",
            },
            new("set-mark", OptionKind.MarkMask)
            {
                Excludes = Actions, ValueName = "value[/mask]", Help = "Clear the bits of mask and value and or the value in.",
            },
            new("and-mark", OptionKind.UInt32) { Excludes = Actions, ValueName = "bits", Help = "And the mark with bits." },
            new("or-mark", OptionKind.UInt32) { Excludes = Actions, ValueName = "bits", Help = "Or bits into the mark." },
            new("xor-mark", OptionKind.UInt32) { Excludes = Actions, ValueName = "bits", Help = "Xor bits into the mark." },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required");
            }
        },
        Build = Build,
        Sample = source => [$"--{Actions[source.Next(Actions.Length)]}", $"0x{source.Next(int.MaxValue):x}"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        context.Packet.Mark = (context.Packet.Mark & ~Mask) ^ Mark;
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Flag("set-xmark").Raw(' ').Hex(Mark).Raw('/').Hex(Mask);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("MARK ");
        if (Mark == 0)
        {
            writer.Raw("and ").Hex(~Mask);
        }
        else if (Mark == Mask)
        {
            writer.Raw("or ").Hex(Mark);
        }
        else if (Mask == 0)
        {
            writer.Raw("xor ").Hex(Mark);
        }
        else if (Mask == uint.MaxValue)
        {
            writer.Raw("set ").Hex(Mark);
        }
        else
        {
            writer.Raw("xset ").Hex(Mark).Raw('/').Hex(Mask);
        }
    }

    private static MarkTarget Build(OptionValues values)
    {
        if (values.Has("set-xmark"))
        {
            MaskedValue mark = values.Get<MaskedValue>("set-xmark");
            return new(mark.Value, mark.Mask);
        }
        if (values.Has("set-mark"))
        {
            MaskedValue mark = values.Get<MaskedValue>("set-mark");
            return new(mark.Value, mark.Value | mark.Mask);
        }
        if (values.Has("and-mark"))
        {
            return new(0, ~(uint)values.Get<ulong>("and-mark"));
        }
        return values.Has("or-mark")
            ? new((uint)values.Get<ulong>("or-mark"), (uint)values.Get<ulong>("or-mark"))
            : new((uint)values.Get<ulong>("xor-mark"), 0);
    }
}
