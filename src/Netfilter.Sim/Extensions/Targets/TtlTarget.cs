using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j TTL</c> and <c>-j HL</c>: changes TTL or hop limit (<c>net/netfilter/xt_HL.c ttl_tg, hl_tg6</c>).</summary>
/// <param name="Family">The family, which names the target.</param>
/// <param name="Mode">What is done.</param>
/// <param name="Value">With how much.</param>
public sealed record TtlTarget(IpFamily Family, TtlMode Mode, byte Value) : ExtensionTarget
{
    private static readonly string[] ListWords = ["set to ", "increment by ", "decrement by "];

    private static readonly string[] Suffixes = ["set", "inc", "dec"];

    /// <summary>The declaration of <c>TTL</c>.</summary>
    public static TargetDeclaration ExtensionV4 { get; } = Declare(IpFamily.IPv4, "TTL", "ttl");

    /// <summary>The declaration of <c>HL</c>.</summary>
    public static TargetDeclaration ExtensionV6 { get; } = Declare(IpFamily.IPv6, "HL", "hl");

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Family == IpFamily.IPv4 ? ExtensionV4 : ExtensionV6;

    private string OptionName => (Family == IpFamily.IPv4 ? "ttl-" : "hl-") + Suffixes[(int)Mode];

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option(OptionName, Value);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word(Declaration.Name).Raw(' ').Raw(ListWords[(int)Mode]).Number(Value);

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        byte before = context.Packet.Ttl;
        int after = Mode switch
        {
            TtlMode.Set => Value,
            TtlMode.Increment => Math.Min(before + Value, byte.MaxValue),
            _ => Math.Max(before - Value, 0),
        };
        if (after != before)
        {
            context.Packet.SetTtl((byte)after);
        }
        return TargetVerdict.Continue;
    }

    private static TargetDeclaration Declare(IpFamily family, string name, string prefix)
    {
        return new TargetDeclaration
        {
            Name = name,
            KernelBytes = 8,
            Summary = family == IpFamily.IPv4 ? "Changes the time to live." : "Changes the hop limit.",
            Source = $"net/netfilter/xt_HL.c, extensions/{(family == IpFamily.IPv4 ? "libipt_TTL.c" : "libip6t_HL.c")}",
            OnlyFamily = family,
            OnlyTable = "mangle",
            Options = [Option("set", 0, "Set it."), Option("dec", 1, "Take off it."), Option("inc", 1, "Add to it.")],
            FinalCheck = values =>
            {
                if (values.Count == 0)
                {
                    throw OptionCall.Error($"{name}: You must specify an action");
                }
            },
            Build = values =>
            {
                int mode = Array.FindIndex(Suffixes, suffix => values.Has($"{prefix}-{suffix}"));
                return new TtlTarget(family, (TtlMode)mode, (byte)values.Get<ulong>($"{prefix}-{Suffixes[mode]}"));
            },
            Sample = source => [$"--{prefix}-set", $"{source.Next(256)}"],
        };

        OptionSpec Option(string suffix, ulong min, string help) => new($"{prefix}-{suffix}", OptionKind.UInt8)
        {
            Min = min,
            Excludes = [$"{prefix}-set", $"{prefix}-dec", $"{prefix}-inc"],
            ValueName = "n",
            Help = help,
        };
    }
}

/// <summary>What TTL and HL do (<c>IPT_TTL_SET</c> and its like).</summary>
public enum TtlMode : byte
{
    /// <summary>Set it.</summary>
    Set,

    /// <summary>Add to it; never beyond 255.</summary>
    Increment,

    /// <summary>Take off it; never below 0.</summary>
    Decrement,
}
