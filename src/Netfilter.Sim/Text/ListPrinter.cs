using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Chains and rules as <c>-L</c> prints them (<c>iptables/xshared.c print_header, print_rule_details</c>).</summary>
internal sealed class ListPrinter(OptionWriter writer, RuleEnvironment environment, ListFormat format)
{
    private const ulong Thousand = 1000;

    private bool IsNumeric => Has(ListFormat.Numeric);

    /// <summary>The two lines above a chain's rules.</summary>
    public void PrintHeader(Chain chain, int references)
    {
        writer.Raw("Chain ").Raw(chain.Name);
        if (chain.Policy is { } policy)
        {
            writer.Raw(" (policy ").Raw(PolicyText.Of(policy));
            if (Has(ListFormat.Verbose))
            {
                writer.Raw(' ');
                PrintCount(chain.PolicyCounters.Packets, 0);
                writer.Raw(" packets, ");
                PrintCount(chain.PolicyCounters.Bytes, 0);
                writer.Raw(" bytes");
            }
            writer.Raw(")\n");
        }
        else
        {
            writer.Raw(" (").Number((ulong)references).Raw(" references)\n");
        }
        writer.Raw(Has(ListFormat.LineNumbers) ? "num  " : "");
        if (Has(ListFormat.Verbose))
        {
            writer.Raw(Has(ListFormat.Exact) ? "    pkts      bytes " : " pkts bytes ");
        }
        writer.Raw("target     prot opt ").Raw(Has(ListFormat.Verbose) ? "in     out     " : "");
        writer.Raw("source               destination         \n");
    }

    /// <summary>One rule.</summary>
    public void PrintRule(Rule rule, RuleCounters counters, int number)
    {
        IpSpec ip = rule.Ip;
        if (Has(ListFormat.LineNumbers))
        {
            Padded(number.ToString(CultureInfo.InvariantCulture), 4).Raw(' ');
        }
        if (Has(ListFormat.Verbose))
        {
            PrintCount(counters.Packets, Has(ListFormat.Exact) ? 8 : 5);
            writer.Raw(' ');
            PrintCount(counters.Bytes, Has(ListFormat.Exact) ? 8 : 5);
            writer.Raw(' ');
        }
        Column((rule.Target as ExtensionTarget)?.Declaration.ListName ?? rule.Target?.Name ?? "", 9);
        writer.Raw(Sign(ip, IpSpecFlags.NotProtocol));
        Column(ProtocolText(unchecked((byte)ip.Protocol)), 4);
        writer.Raw(Has(ListFormat.Echo) ? "opt " : "");
        writer.Raw(!ip.Has(IpSpecFlags.Fragment) ? "-- " : ip.Has(IpSpecFlags.NotFragment) ? "!f " : "-f ");
        if (Has(ListFormat.Verbose) || Has(ListFormat.Echo))
        {
            PrintInterface("in", ip.InInterface, ip.Has(IpSpecFlags.NotInInterface), isFirst: true);
            PrintInterface("out", ip.OutInterface, ip.Has(IpSpecFlags.NotOutInterface), isFirst: false);
        }
        writer.Raw(Sign(ip, IpSpecFlags.NotSource));
        Column(AddressText(ip.Source), 19);
        writer.Raw(Sign(ip, IpSpecFlags.NotDestination));
        writer.Raw(Has(ListFormat.Echo) ? "-> " : "");
        Column(AddressText(ip.Destination), 19);
        writer.Raw(Has(ListFormat.Echo) ? " " : "");
        PrintExtensions(rule);
        writer.Raw('\n');
    }

    private void PrintExtensions(Rule rule)
    {
        writer.Raw(rule.Target is JumpTarget { IsGoto: true } ? "[goto] " : "");
        PrintContext context = new(rule.Ip, environment, IsNumeric);
        foreach (Match match in rule.Matches)
        {
            match.List(writer, context);
        }
        (rule.Target as ExtensionTarget)?.List(writer, context);
    }

    private bool Has(ListFormat part) => (format & part) != 0;

    private static char Sign(IpSpec ip, IpSpecFlags inverted) => ip.Has(inverted) ? '!' : ' ';

    // In one line for a single rule nothing is padded.
    private void Column(string text, int width)
    {
        Padded(text, Has(ListFormat.Echo) ? 0 : width).Raw(' ');
    }

    private OptionWriter Padded(string text, int width)
    {
        int bytes = ByteText.Length(text);
        return writer.Raw(text).Blanks(width - bytes);
    }

    // Only the lowest eight bits reach the column. In one line for a single rule names are those that the tool itself knows.
    private string ProtocolText(byte protocol)
    {
        bool byName = Has(ListFormat.Echo) ? protocol == 0 || NameParser.IsBuiltInProtocol(protocol) : !IsNumeric;
        string? name = !byName ? null : protocol == 0 ? "all" : NameParser.ProtocolName(protocol, environment.Names);
        return name ?? protocol.ToString(CultureInfo.InvariantCulture);
    }

    private void PrintInterface(string label, InterfacePattern? pattern, bool isInverted, bool isFirst)
    {
        string name = (isInverted ? "!" : "") + (pattern?.Text ?? (IsNumeric ? "*" : "any"));
        if (Has(ListFormat.Echo))
        {
            writer.Raw(label).Raw(' ').Raw(name).Raw(' ');
            return;
        }
        writer.Raw(isFirst ? " " : "");
        Column(name, 6);
    }

    private string AddressText(in NetPrefix prefix)
    {
        // ip6tables looks at the address, iptables at the mask.
        UInt128 any = prefix.Family == IpFamily.IPv4 ? prefix.Mask.Bits : prefix.Address.Bits;
        if (any == 0 && !IsNumeric)
        {
            return "anywhere";
        }
        string address = IsNumeric ? prefix.Address.ToString() : AddressSpecParser.NameOf(prefix.Address, environment.Names);
        int full = prefix.Family == IpFamily.IPv4 ? 32 : 128;
        return prefix.Length == full ? address
            : prefix.Length >= 0 ? string.Create(CultureInfo.InvariantCulture, $"{address}/{prefix.Length}")
            : $"{address}/{prefix.Mask}";
    }

    // xtables_print_num: at most five digits, rounded step by step.
    private void PrintCount(ulong number, int width)
    {
        if (Has(ListFormat.Exact) || number <= 99999)
        {
            writer.Aligned(number, width);
            return;
        }
        foreach (char unit in "KMGT")
        {
            number = unchecked(number + (Thousand / 2)) / Thousand;
            if (number <= 9999 || unit == 'T')
            {
                writer.Aligned(number, Math.Max(width - 1, 0)).Raw(unit);
                return;
            }
        }
    }
}
