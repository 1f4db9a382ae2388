using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j DNAT</c>: translates the destination of a connection (<c>net/netfilter/xt_nat.c xt_dnat_target_v2</c>).</summary>
/// <param name="Range">What it may become.</param>
public sealed record DnatTarget(NatRange Range) : ExtensionTarget
{
    internal SingleNatRange Translation { get; private init; } = new(Range);

    /// <summary>What it may become.</summary>
    public NatRange Range
    {
        get => Translation.Value;
        init => Translation = new SingleNatRange(value);
    }

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "DNAT",
        KernelBytes = 48,
        Summary = "Translates the destination of a connection.",
        Source = "net/netfilter/xt_nat.c, extensions/libxt_NAT.c",
        OnlyTable = "nat",
        Hooks = Hooks.PreRouting | Hooks.LocalOut,
        Revision = 2,
        Options =
        [
            new("to-destination", OptionKind.Text)
            {
                Required = true, ValueName = "[address[-address]][:port[-port/base]]", Help = "New destination.",
                Parse = call => NatRangeText.ParseTo(call),
            },
            new("random") { Help = "Choose ports at random." },
            new("persistent") { Help = "Give a source the same address whatever the destination." },
        ],
        Build = values => new DnatTarget(NatRangeText.WithFlags(values, values.Get<NatRange>("to-destination"))),
        ReadSaved = ReadSaved,
        Sample = source => ["--to-destination", source.NextAddress()],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag("to-destination").Raw(' ');
        NatRangeText.WriteRange(writer, Range);
        NatRangeText.WriteFlags(writer, Range, " --");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("to:");
        NatRangeText.WriteRange(writer, Range);
        NatRangeText.WriteFlags(writer, Range, " ");
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) =>
        context.Walk.Nat.SetupInfo(context.Packet, Range, NatManip.Destination, context.Walk) == Verdict.Accept
            ? TargetVerdict.Accept
            : TargetVerdict.Drop;

    // One IPv4 address, and a port where the protocol has some.
    private static DnatTarget? ReadSaved(ReadOnlySpan<char> options, RuleFacts rule)
    {
        const string Prefix = "--to-destination ";
        if (!options.StartsWith(Prefix, StringComparison.Ordinal) || rule.Family != IpFamily.IPv4)
        {
            return null;
        }
        ReadOnlySpan<char> text = options[Prefix.Length..];
        int colon = text.IndexOf(':');
        int port = 0;
        if (!PlainPrefix.TryDotted(colon < 0 ? text : text[..colon], out uint address)
            || (colon >= 0 && !(NatRangeText.HasPorts(rule.Protocol) && PlainPrefix.TryNumber(text[(colon + 1)..], ushort.MaxValue, out port))))
        {
            return null;
        }
        NatRangeFlags flags = NatRangeFlags.MapAddresses | (colon < 0 ? 0 : NatRangeFlags.ProtocolSpecified);
        NetAddress only = new(address);
        return new DnatTarget(new NatRange(flags, only, only, (ushort)port, (ushort)port));
    }
}
