using System.Globalization;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m connlabel</c>: labels of connections (<c>net/netfilter/xt_connlabel.c connlabel_mt</c>).</summary>
/// <param name="Label">The label.</param>
/// <param name="Sets">Whether the label is put on connections that do not have it.</param>
/// <param name="IsInverted">Whether connections without the label are meant.</param>
public sealed record ConnlabelMatch(ushort Label, bool Sets, bool IsInverted) : Match
{
    private const byte NoConnection = 0, NoLabels = 1, HasLabel = 2, LacksLabel = 3, WasSet = 4;
    private const int Labels = 128;
    private const string NoNames = "Warning: cannot open /etc/xtables/connlabel.conf: No such file or directory\n";

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "connlabel",
        KernelBytes = 8,
        Summary = "Matches and sets labels of connections.",
        Source = "net/netfilter/xt_connlabel.c, extensions/libxt_connlabel.c",
        Options =
        [
            new("label", OptionKind.Text)
            {
                Required = true, Invertible = true, MinBytes = 1, ValueName = "number|name", Help = "The label, 0 to 127.",
                Parse = ReadLabel, Sample = source => $"{source.Next(Labels)}",
            },
            new("set") { Help = "Connections without the label get it." },
        ],
        Build = values => new ConnlabelMatch(values.Get<ushort>("label"), values.Has("set"), values.IsInverted("label")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack | RuleNeeds.Labels;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) => Label < Labels ? KernelErrno.None : KernelErrno.Range;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        int id = context.Packet.Connection;
        if (id < 0)
        {
            return MatchResult.When(IsInverted, NoConnection);
        }
        ConnectionTracker tracker = context.Walk.Conntrack;
        if (tracker.LabelsOf(id) is not { } labels)
        {
            return MatchResult.When(IsInverted, NoLabels);
        }
        if (((labels >> Label) & 1) != 0)
        {
            return MatchResult.When(!IsInverted, HasLabel);
        }
        if (Sets)
        {
            tracker.SetLabel(id, Label);
        }
        return MatchResult.When(Sets != IsInverted, Sets ? WasSet : LacksLabel);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        NoConnection => "the packet belongs to no connection",
        NoLabels => "the connection is older than the first rule with labels",
        HasLabel => string.Create(CultureInfo.InvariantCulture, $"the connection has label {Label}"),
        LacksLabel => string.Create(CultureInfo.InvariantCulture, $"the connection does not have label {Label}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"the connection now has label {Label}"),
    };

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag("label", IsInverted).Raw(" \"").Number(Label).Raw('"').Warn(NoNames);
        if (Sets)
        {
            writer.Flag("set");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("connlabel ").Raw(IsInverted ? "! " : "").Number(Label).Raw(Sets ? " set" : "").Warn(NoNames);

    private static object? ReadLabel(OptionCall call)
    {
        if (call.Environment.FindConnectionLabel(call.Argument) is { } known)
        {
            return (ushort)known;
        }
        // connlabel_value_parse: strtoul into an int, and what comes out negative is none.
        string text = call.Argument.TrimStart(' ', '\t', '\n', '\v', '\f', '\r');
        bool isNegative = text.StartsWith('-');
        if (CNumber.TryRead(isNegative ? text[1..] : text, out ulong number)
            && unchecked((int)(isNegative ? 0 - number : number)) is var bit and >= 0)
        {
            return unchecked((ushort)bit);
        }
        call.Values.Warn(NoNames);
        throw OptionCall.Error($"label '{call.Argument}' not found or invalid value");
    }
}
