using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j TOS</c>: changes type of service or traffic class (<c>net/netfilter/xt_DSCP.c tos_tg, tos_tg6</c>): bits of the mask
/// are cleared, then the value is xored in.
/// </summary>
/// <param name="Value">The bits xored in.</param>
/// <param name="Mask">The bits cleared first.</param>
public sealed record TosTarget(byte Value, byte Mask) : ExtensionTarget
{
    private static readonly ImmutableArray<string> Actions = ["set-tos", "and-tos", "or-tos", "xor-tos"];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "TOS",
        KernelBytes = 8,
        Summary = "Changes the type of service or traffic class.",
        Source = "net/netfilter/xt_DSCP.c, extensions/libxt_TOS.c",
        OnlyTable = "mangle",
        Revision = 1,
        Options =
        [
            new("set-tos", OptionKind.TosMask) { Excludes = Actions, ValueName = "value[/mask]|name", Help = "Clear the bits of the mask and xor the value in." },
            new("and-tos", OptionKind.UInt8) { Excludes = Actions, ValueName = "bits", Help = "And it with bits." },
            new("or-tos", OptionKind.UInt8) { Excludes = Actions, ValueName = "bits", Help = "Or bits into it." },
            new("xor-tos", OptionKind.UInt8) { Excludes = Actions, ValueName = "bits", Help = "Xor bits into it." },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("TOS: An action is required");
            }
        },
        Build = Build,
        Sample = source => [$"--{Actions[source.Next(Actions.Length)]}", $"{source.Next(256)}"],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("set-tos", TosText.Format(Value, Mask));

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        string? name = context.IsNumeric ? null : TosText.NameOf(Value, Mask);
        writer.Raw(name is null ? "" : " ").Word("TOS ");
        if (context.IsNumeric)
        {
            writer.Raw("set ").Raw(TosText.Format(Value, Mask));
        }
        else if (name is not null)
        {
            writer.Raw("set").Raw(name);
        }
        else if (Value == 0)
        {
            writer.Raw("and ").Raw(Hex((byte)~Mask));
        }
        else if (Value == Mask)
        {
            writer.Raw("or ").Raw(Hex(Value));
        }
        else if (Mask == 0)
        {
            writer.Raw("xor ").Raw(Hex(Value));
        }
        else
        {
            writer.Raw("set ").Raw(TosText.Format(Value, Mask));
        }
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        byte before = context.Packet.TypeOfService;
        byte after = (byte)((before & ~Mask) ^ Value);
        if (after != before)
        {
            context.Packet.SetTypeOfService(after);
        }
        return TargetVerdict.Continue;
    }

    private static string Hex(byte value) => "0x" + value.ToString("x2", CultureInfo.InvariantCulture);

    private static TosTarget Build(OptionValues values)
    {
        if (values.Has("set-tos"))
        {
            MaskedValue tos = values.Get<MaskedValue>("set-tos");
            return new((byte)tos.Value, (byte)tos.Mask);
        }
        if (values.Has("and-tos"))
        {
            return new(0, (byte)~values.Get<ulong>("and-tos"));
        }
        byte bits = (byte)values.Get<ulong>(values.Has("or-tos") ? "or-tos" : "xor-tos");
        return new(bits, values.Has("or-tos") ? bits : (byte)0);
    }
}
