using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m iprange</c>: addresses from one to another (<c>net/netfilter/xt_iprange.c iprange_mt4, iprange_mt6</c>,
/// <c>struct xt_iprange_mtinfo</c>).
/// </summary>
public sealed record IprangeMatch : Match
{
    private const byte Source = 0, Destination = 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "iprange",
        KernelBytes = 72,
        Summary = "Matches ranges of addresses that need not be a prefix.",
        Source = "net/netfilter/xt_iprange.c, extensions/libxt_iprange.c",
        Revision = 1,
        Options = [RangeOption("src-range", "Source addresses."), RangeOption("dst-range", "Destination addresses.")],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("iprange match: You must specify `--src-range' or `--dst-range'");
            }
        },
        Build = values => new IprangeMatch { Sources = Range(values, "src-range"), Destinations = Range(values, "dst-range") },
        Sample = source => ["--src-range", $"{source.NextAddress()}-{source.NextAddress()}"],
    };

    /// <summary><c>--src-range</c>: the first and the last address; null when not given.</summary>
    public Negatable<(NetAddress First, NetAddress Last)>? Sources { get; init; }

    /// <summary><c>--dst-range</c>: the first and the last address; null when not given.</summary>
    public Negatable<(NetAddress First, NetAddress Last)>? Destinations { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Sources is { } sources)
        {
            writer.Option("src-range", Text(sources.Value), sources.IsNegated);
        }
        if (Destinations is { } destinations)
        {
            writer.Option("dst-range", Text(destinations.Value), destinations.IsNegated);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        if (Sources is { } sources)
        {
            writer.Word("source IP range ").Raw(sources.IsNegated ? "! " : "").Raw(Text(sources.Value));
        }
        if (Destinations is { } destinations)
        {
            writer.Word("destination IP range ").Raw(destinations.IsNegated ? "! " : "").Raw(Text(destinations.Value));
        }
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (Sources is { } sources && Holds(sources.Value, context.Packet.Source) == sources.IsNegated)
        {
            return MatchResult.No(Source, (ulong)context.Packet.Source.Bits);
        }
        if (Destinations is { } destinations && Holds(destinations.Value, context.Packet.Destination) == destinations.IsNegated)
        {
            return MatchResult.No(Destination, (ulong)context.Packet.Destination.Bits);
        }
        return MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result)
    {
        if (result.Answer == MatchAnswer.Yes)
        {
            return "the addresses are in the ranges";
        }
        Negatable<(NetAddress First, NetAddress Last)> range = (result.Condition == Source ? Sources : Destinations)!.Value;
        string what = result.Condition == Source ? "source" : "destination";
        string where = (range.IsNegated ? "is in " : "is not in ") + Text(range.Value);
        return range.Value.First.Family == IpFamily.IPv4
            ? $"{what} {new NetAddress((uint)result.Seen)} {where}"
            : $"the {what} {where}";
    }

    private static bool Holds((NetAddress First, NetAddress Last) range, NetAddress address) =>
        address.Bits >= range.First.Bits && address.Bits <= range.Last.Bits;

    private static string Text((NetAddress First, NetAddress Last) range) => $"{range.First}-{range.Last}";

    private static Negatable<(NetAddress First, NetAddress Last)>? Range(OptionValues values, string option) => values.Has(option)
        ? new Negatable<(NetAddress First, NetAddress Last)>(values.Get<(NetAddress, NetAddress)>(option), values.IsInverted(option))
        : null;

    private static OptionSpec RangeOption(string name, string help) => new(name, OptionKind.Text)
    {
        Invertible = true,
        ValueName = "address[-address]",
        Parse = ParseRange,
        Help = help,
    };

    private static object? ParseRange(OptionCall call)
    {
        int dash = call.Argument.IndexOf('-');
        NetAddress first = Address(dash < 0 ? call.Argument : call.Argument[..dash], call);
        NetAddress last = dash < 0 ? first : Address(call.Argument[(dash + 1)..], call);
        if (first > last)
        {
            call.Values.Warn($"xt_iprange: range {call.Argument} is reversed and will never match\n");
        }
        return (first, last);
    }

    // IPv4 octets that are left out are zero (xtables_numeric_to_ipaddr).
    private static NetAddress Address(string text, OptionCall call)
    {
        if (call.Rule.Family == IpFamily.IPv6)
        {
            return NetAddress.TryParse(text, out NetAddress v6) && v6.Family == IpFamily.IPv6 ? v6 : throw Bad(text, call);
        }
        return NameParser.TryDotted(text, isMask: false, out NetAddress v4) ? v4 : throw Bad(text, call);
    }

    private static IptablesException Bad(string text, OptionCall call) =>
        OptionCall.Error($"iprange: Bad value for \"--{call.Option.Name}\" option: \"{text}\"");
}
