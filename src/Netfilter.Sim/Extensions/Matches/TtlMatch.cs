using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m ttl</c> and <c>-m hl</c>: the TTL of IPv4, the hop limit of IPv6 (<c>net/netfilter/xt_hl.c ttl_mt, hl_mt6</c>).
/// </summary>
/// <param name="Family">The family, which names the match.</param>
/// <param name="Comparison">How it is compared.</param>
/// <param name="Value">With what.</param>
public sealed record TtlMatch(IpFamily Family, TtlComparison Comparison, byte Value) : Match
{
    private static readonly string[] Signs = ["==", "!=", "<", ">"];

    /// <summary>The declaration of <c>ttl</c>.</summary>
    public static MatchDeclaration ExtensionV4 { get; } = Declare(IpFamily.IPv4, "ttl", "TTL", "`--ttl-eq', `--ttl-lt', `--ttl-gt");

    /// <summary>The declaration of <c>hl</c>.</summary>
    public static MatchDeclaration ExtensionV6 { get; } = Declare(IpFamily.IPv6, "hl", "HL", "`--hl-eq', `--hl-lt', `--hl-gt'");

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Family == IpFamily.IPv4 ? ExtensionV4 : ExtensionV6;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        string option = Comparison switch
        {
            TtlComparison.Less => "-lt",
            TtlComparison.Greater => "-gt",
            _ => "-eq",
        };
        writer.Option(Declaration.Name + option, Value, Comparison == TtlComparison.NotEqual);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        string name = Family == IpFamily.IPv4 ? "TTL" : "HL";
        writer.Word(name).Raw(" match ").Raw(name).Raw(' ').Raw(Signs[(int)Comparison]).Raw(' ').Number(Value);
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        byte ttl = context.Packet.Span[Family == IpFamily.IPv4 ? 8 : 7];
        bool fits = Comparison switch
        {
            TtlComparison.Equal => ttl == Value,
            TtlComparison.NotEqual => ttl != Value,
            TtlComparison.Less => ttl < Value,
            _ => ttl > Value,
        };
        return MatchResult.When(fits, 0, ttl);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => string.Create(
        CultureInfo.InvariantCulture, $"{Declaration.Name} {result.Seen}, wanted {Signs[(int)Comparison]} {Value}");

    private static MatchDeclaration Declare(IpFamily family, string name, string title, string options)
    {
        return new MatchDeclaration
        {
            Name = name,
            KernelBytes = 8,
            Summary = family == IpFamily.IPv4 ? "Matches the time to live." : "Matches the hop limit.",
            Source = $"net/netfilter/xt_hl.c, extensions/{(family == IpFamily.IPv4 ? "libipt_ttl.c" : "libip6t_hl.c")}",
            OnlyFamily = family,
            Options =
            [
                Option("lt", "Less than.", false),
                Option("gt", "Greater than.", false),
                Option("eq", "Equal to.", true),
            ],
            FinalCheck = values =>
            {
                if (values.Count == 0)
                {
                    throw OptionCall.Error($"{title} match: You must specify one of {options}");
                }
            },
            Build = values => Build(values, family, name),
            Sample = source => [$"--{name}-{(source.Next(2) == 0 ? "lt" : "eq")}", $"{source.Next(256)}"],
        };

        OptionSpec Option(string suffix, string help, bool invertible) => new($"{name}-{suffix}", OptionKind.UInt8)
        {
            Aliases = suffix == "eq" ? [name] : [],
            Invertible = invertible,
            Excludes = [$"{name}-lt", $"{name}-gt", $"{name}-eq"],
            ValueName = "n",
            Help = help,
        };
    }

    private static TtlMatch Build(OptionValues values, IpFamily family, string name)
    {
        if (values.Has(name + "-lt"))
        {
            return new TtlMatch(family, TtlComparison.Less, (byte)values.Get<ulong>(name + "-lt"));
        }
        if (values.Has(name + "-gt"))
        {
            return new TtlMatch(family, TtlComparison.Greater, (byte)values.Get<ulong>(name + "-gt"));
        }
        TtlComparison comparison = values.IsInverted(name + "-eq") ? TtlComparison.NotEqual : TtlComparison.Equal;
        return new TtlMatch(family, comparison, (byte)values.Get<ulong>(name + "-eq"));
    }
}

/// <summary>How a TTL is compared (<c>IPT_TTL_*</c>).</summary>
public enum TtlComparison : byte
{
    /// <summary>Equal.</summary>
    Equal,

    /// <summary>Not equal.</summary>
    NotEqual,

    /// <summary>Less.</summary>
    Less,

    /// <summary>Greater.</summary>
    Greater,
}
