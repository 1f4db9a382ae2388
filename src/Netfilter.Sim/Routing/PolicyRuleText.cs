using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>Policy rules as <c>ip rule</c> reads and prints them (iproute2 <c>iprule_modify</c>, <c>print_rule</c>).</summary>
internal static class PolicyRuleText
{
    public static PolicyRule Parse(string text, IpFamily? family)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(new IpArguments(text), family, out _);
    }

    /// <summary>Reads a rule.</summary>
    /// <param name="arguments">What follows <c>ip rule add</c>.</param>
    /// <param name="family">The family asked for; null to take that of the prefixes, IPv4 when there are none.</param>
    /// <param name="hasPriority">Whether a priority was given.</param>
    public static PolicyRule Parse(IpArguments arguments, IpFamily? family, out bool hasPriority)
    {
        hasPriority = false;
        PolicyRule rule = new(family ?? IpFamily.IPv4);
        bool hasTable = false;
        while (arguments.HasMore)
        {
            string word = arguments.Next();
            switch (word)
            {
                case "priority" or "preference" or "pref" or "order":
                    rule = rule with { Priority = arguments.Number() };
                    hasPriority = true;
                    break;
                case "table" or "lookup":
                    rule = rule with { Table = RouteText.ParseTable(arguments.Next()) };
                    hasTable = true;
                    break;
                case "goto":
                    rule = rule with { Action = PolicyAction.Goto, GotoPriority = arguments.Number() };
                    break;
                case "blackhole" or "unreachable" or "prohibit" or "nop":
                    rule = rule with { Action = Enum.Parse<PolicyAction>(word, ignoreCase: true) };
                    break;
                default:
                    rule = ParseSelector(rule, word, arguments);
                    break;
            }
        }
        bool needsTable = rule.Action == PolicyAction.Lookup && !hasTable;
        IpFamily known = family ?? rule.From?.Family ?? rule.To?.Family ?? IpFamily.IPv4;
        return rule with { Family = known, Table = needsTable ? RouteTables.Main : rule.Table };
    }

    private static PolicyRule ParseSelector(PolicyRule rule, string word, IpArguments arguments) => word switch
    {
        "not" => rule with { IsInverted = true },
        "from" => rule with { From = ParsePrefix(arguments.Next()) },
        "to" => rule with { To = ParsePrefix(arguments.Next()) },
        "tos" or "dsfield" => rule with { Tos = (byte)arguments.Number(255) },
        "fwmark" => WithMark(rule, arguments.Next()),
        "iif" or "dev" => rule with { InInterface = arguments.Next() },
        "oif" => rule with { OutInterface = arguments.Next() },
        "ipproto" => rule with { IpProtocol = ParseProtocol(arguments.Next()) },
        "sport" => rule with { SourcePorts = ParsePorts(arguments.Next()) },
        "dport" => rule with { DestinationPorts = ParsePorts(arguments.Next()) },
        "uidrange" => rule with { Uids = ParseUids(arguments.Next()) },
        "suppress_prefixlength" or "sup_pl" => rule with { SuppressPrefixLength = (int)arguments.Number(128) },
        "suppress_ifgroup" or "sup_group" => rule with { SuppressGroup = (int)arguments.Number(int.MaxValue) },
        "proto" or "protocol" => WithProtocol(rule, arguments.Next()),
        _ => throw new FormatException($"'{word}' is not something that a policy rule takes."),
    };

    public static string Format(PolicyRule rule)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{rule.Priority}:\t").Append(rule.IsInverted ? "not " : "");
        text.Append("from ").Append(rule.From is { } from ? FormatPrefix(from) : "all");
        text.Append(rule.To is { } to ? $" to {FormatPrefix(to)}" : "");
        AppendIf(rule.Tos != 0, $" tos 0x{rule.Tos:x2}");
        AppendIf(rule.MarkMask != 0, $" fwmark 0x{rule.Mark:x}");
        AppendIf(rule.MarkMask is not 0 and not uint.MaxValue, $"/0x{rule.MarkMask:x}");
        AppendIf(rule.InInterface is not null, $" iif {rule.InInterface}");
        AppendIf(rule.OutInterface is not null, $" oif {rule.OutInterface}");
        AppendIf(rule.Uids is not null, $" uidrange {rule.Uids?.Low}-{rule.Uids?.High}");
        AppendIf(rule.IpProtocol != 0, $" ipproto {rule.IpProtocol switch { 6 => "tcp", 17 => "udp", 1 => "icmp", byte p => $"{p}" }}");
        AppendIf(rule.SourcePorts is not null, $" sport {FormatPorts(rule.SourcePorts)}");
        AppendIf(rule.DestinationPorts is not null, $" dport {FormatPorts(rule.DestinationPorts)}");
        text.Append(rule.Action switch
        {
            PolicyAction.Lookup => $" lookup {RouteText.FormatTable(rule.Table)}",
            PolicyAction.Goto => string.Create(CultureInfo.InvariantCulture, $" goto {rule.GotoPriority}"),
            PolicyAction.Nop => " nop",
            PolicyAction.Blackhole => " blackhole",
            PolicyAction.Unreachable => " unreachable",
            _ => " prohibit",
        });
        AppendIf(rule.SuppressPrefixLength >= 0, $" suppress_prefixlength {rule.SuppressPrefixLength}");
        AppendIf(rule.SuppressGroup >= 0, $" suppress_ifgroup {rule.SuppressGroup}");
        return text.ToString();

        void AppendIf(bool condition, FormattableString part)
        {
            if (condition)
            {
                text.Append(part.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static string FormatPrefix(NetPrefix prefix) => prefix.Length == 0 ? "all" : RouteText.FormatPrefix(prefix);

    private static NetPrefix? ParsePrefix(string text) =>
        text is "all" or "any" or "default" ? default(NetPrefix?) : NetPrefix.Parse(text);

    private static PolicyRule WithMark(PolicyRule rule, string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        uint mask = uint.MaxValue;
        if (!IpArguments.TryNumber(slash < 0 ? text : text.AsSpan(0, slash), out uint mark)
            || (slash >= 0 && !IpArguments.TryNumber(text.AsSpan(slash + 1), out mask)))
        {
            throw new FormatException($"'{text}' is not a mark.");
        }
        return rule with { Mark = mark, MarkMask = mask };
    }

    private static PolicyRule WithProtocol(PolicyRule rule, string text) => rule with
    {
        Protocol = text switch { "kernel" => 2, "boot" => 3, "static" => 4, _ => byte.TryParse(text, out byte p) ? p : rule.Protocol },
    };

    private static byte ParseProtocol(string text) => text switch
    {
        "icmp" => 1,
        "tcp" => 6,
        "udp" => 17,
        "ipv6-icmp" or "icmpv6" => 58,
        "sctp" => 132,
        _ when byte.TryParse(text, out byte protocol) => protocol,
        _ => throw new FormatException($"'{text}' is not a protocol."),
    };

    private static (ushort Low, ushort High) ParsePorts(string text)
    {
        string[] ends = text.Split('-');
        return ends.Length <= 2 && ushort.TryParse(ends[0], out ushort low) && ushort.TryParse(ends[^1], out ushort high)
            ? (low, high)
            : throw new FormatException($"'{text}' is not a port or range of ports.");
    }

    private static string FormatPorts((ushort Low, ushort High)? ports) => ports is not { } range ? ""
        : range.Low == range.High ? range.Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{range.Low}-{range.High}");

    private static (uint Low, uint High) ParseUids(string text)
    {
        string[] ends = text.Split('-');
        return ends.Length == 2 && uint.TryParse(ends[0], out uint low) && uint.TryParse(ends[1], out uint high)
            ? (low, high)
            : throw new FormatException($"'{text}' is not a range of user ids.");
    }
}
