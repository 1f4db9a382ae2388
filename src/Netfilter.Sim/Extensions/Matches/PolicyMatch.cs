using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m policy</c>: by which IPsec transforms a packet came or is going to leave (<c>net/netfilter/xt_policy.c policy_mt</c>). A
/// simulated host has no IPsec: no packet has a policy.
/// </summary>
/// <param name="IsIn">Whether the way in is meant, not the way out.</param>
/// <param name="IsNone">Whether packets without IPsec are meant.</param>
/// <param name="IsStrict">Whether every transform has to fit its element, in order.</param>
/// <param name="Elements">What the transforms have to be.</param>
public sealed record PolicyMatch(bool IsIn, bool IsNone, bool IsStrict, EquatableArray<PolicyElement> Elements) : Match
{
    private const int MaxElements = 4;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "policy",
        KernelBytes = 312,
        Summary = "Matches by the IPsec policy of the packet.",
        Source = "net/netfilter/xt_policy.c, extensions/libxt_policy.c",
        Options =
        [
            new("dir", OptionKind.Text) { ValueName = "in|out", Help = "Decapsulated or to be encapsulated.", Parse = ReadDirection },
            new("pol", OptionKind.Text) { ValueName = "none|ipsec", Help = "Whether there is a policy.", Parse = ReadPolicy },
            new("strict") { Help = "All transforms fit, in order." },
            Element("reqid", OptionKind.UInt32, "id", "The request's number.", element => element.RequestId),
            Element("spi", OptionKind.UInt32, "spi", "The security parameter index.", element => element.Spi),
            Element("tunnel-src", OptionKind.HostMask, "address[/mask]", "Where the tunnel begins.", element => element.TunnelSource),
            Element("tunnel-dst", OptionKind.HostMask, "address[/mask]", "Where the tunnel ends.", element => element.TunnelDestination),
            Element("proto", OptionKind.Protocol, "ah|esp|ipcomp", "The encapsulation.", element => element.Protocol),
            Element("mode", OptionKind.Text, "transport|tunnel", "The mode.", element => element.IsTunnel),
            new("next") { Repeatable = true, AlsoRequires = ["strict"], Help = "What follows is about the next transform.", Parse = BeginElement },
        ],
        FinalCheck = FinalCheck,
        Build = values => new PolicyMatch(
            values.Get<string>("dir") == "in",
            values.Get("pol", "ipsec") == "none",
            values.Has("strict"),
            new EquatableArray<PolicyElement>([.. ElementsOf(values)])),
        Sample = source => ["--dir", "in", "--pol", "ipsec", "--strict", "--reqid", $"{1 + source.Next(99)}", "--next", "--proto", "esp"],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        check.ReachesAny(IsIn ? Hooks.PostRouting | Hooks.LocalOut : Hooks.PreRouting | Hooks.LocalIn)
            ? KernelErrno.Invalid
            : KernelErrno.None;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context) => MatchResult.When(IsNone);

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => "the packet has no IPsec policy";

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, "--", context);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer.Word("policy match"), "", context);

    private void Write(OptionWriter writer, string dashes, in PrintContext context)
    {
        bool isList = dashes.Length == 0;
        writer.Word(dashes).Raw(IsIn ? "dir in" : "dir out").Word(dashes).Raw(IsNone ? "pol none" : "pol ipsec");
        if (IsNone)
        {
            return;
        }
        if (IsStrict)
        {
            writer.Word(dashes).Raw("strict");
        }
        for (int i = 0; i < Elements.Length; i++)
        {
            if (isList && Elements.Length > 1)
            {
                writer.Word("[").Number((ulong)i).Raw(']');
            }
            else if (i > 0)
            {
                writer.Flag("next");
            }
            Elements[i].Write(writer, dashes, isList && context.IsNumeric ? null : context.Environment.Names);
        }
    }

    private static OptionSpec Element(string name, OptionKind kind, string value, string help, Func<PolicyElement, object?> present) =>
        new(name, kind)
        {
            Repeatable = true,
            Invertible = true,
            ValueName = value,
            Help = help,
            Parse = call =>
            {
                List<PolicyElement> elements = ElementsOf(call.Values);
                if (present(elements[^1]) is not null)
                {
                    throw OptionCall.Error($"policy match: double --{name} option");
                }
                elements[^1] = elements[^1].With(name, call.Value!, call.IsInverted);
                return null;
            },
        };

    private static List<PolicyElement> ElementsOf(OptionValues values) =>
        (List<PolicyElement>)(values.Scratch ??= new List<PolicyElement> { default });

    private static object? BeginElement(OptionCall call)
    {
        List<PolicyElement> elements = ElementsOf(call.Values);
        if (elements.Count == MaxElements)
        {
            throw OptionCall.Error("policy match: maximum policy depth reached");
        }
        elements.Add(default);
        return null;
    }

    private static object? ReadDirection(OptionCall call) => call.Argument is "in" or "out"
        ? call.Argument
        : throw OptionCall.Error($"policy_match: invalid dir \"{call.Argument}\"");

    private static object? ReadPolicy(OptionCall call) => call.Argument is "none" or "ipsec"
        ? call.Argument
        : throw OptionCall.Error($"policy match: invalid policy \"{call.Argument}\"");

    private static void FinalCheck(OptionValues values)
    {
        if (!values.Has("dir"))
        {
            throw OptionCall.Error("policy match: neither --dir in nor --dir out specified");
        }
        List<PolicyElement> elements = ElementsOf(values);
        if (values.Get("pol", "ipsec") == "none")
        {
            if (values.Has("strict"))
            {
                throw OptionCall.Error("policy match: policy none but --strict given");
            }
            if (elements.Count > 1)
            {
                throw OptionCall.Error("policy match: policy none but policy given");
            }
            return;
        }
        for (int i = 0; i < elements.Count; i++)
        {
            PolicyElement element = elements[i];
            if (values.Has("strict") && element == default)
            {
                throw OptionCall.Error($"policy match: empty policy element {i}. --strict is in effect, "
                    + "but at least one of reqid, spi, tunnel-src, tunnel-dst, proto or mode is required.");
            }
            bool isTunnel = (element.IsTunnel ?? false) != element.Inverted.HasFlag(PolicyFields.Mode);
            if ((element.TunnelSource ?? element.TunnelDestination) is not null && !isTunnel)
            {
                throw OptionCall.Error("policy match: --tunnel-src/--tunnel-dst is only valid in tunnel mode");
            }
        }
    }
}
