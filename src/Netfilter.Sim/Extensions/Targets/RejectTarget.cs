using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j REJECT</c>: drops the packet and says so to its sender (<c>net/ipv4/netfilter/ipt_REJECT.c reject_tg</c>,
/// <c>net/ipv6/netfilter/ip6t_REJECT.c reject_tg6</c>).
/// </summary>
/// <param name="Family">The family of the rule, which has its own answers.</param>
/// <param name="With">What is answered.</param>
public sealed record RejectTarget(IpFamily Family, RejectType With) : ExtensionTarget
{
    private static readonly Answer[] AnswersV4 =
    [
        new(RejectType.NetUnreachable, "icmp-net-unreachable", "net-unreach", 0),
        new(RejectType.HostUnreachable, "icmp-host-unreachable", "host-unreach", 1),
        new(RejectType.ProtocolUnreachable, "icmp-proto-unreachable", "proto-unreach", 2),
        new(RejectType.PortUnreachable, "icmp-port-unreachable", "port-unreach", 3),
        new(RejectType.NetProhibited, "icmp-net-prohibited", "net-prohib", 9),
        new(RejectType.HostProhibited, "icmp-host-prohibited", "host-prohib", 10),
        new(RejectType.TcpReset, "tcp-reset", "tcp-rst", 0),
        new(RejectType.AdminProhibited, "icmp-admin-prohibited", "admin-prohib", 13),
    ];

    private static readonly Answer[] AnswersV6 =
    [
        new(RejectType.NoRoute, "icmp6-no-route", "no-route", 0),
        new(RejectType.AdminProhibited, "icmp6-adm-prohibited", "adm-prohibited", 1),
        new(RejectType.AddressUnreachable, "icmp6-addr-unreachable", "addr-unreach", 3),
        new(RejectType.PortUnreachable, "icmp6-port-unreachable", "port-unreach", 4),
        new(RejectType.TcpReset, "tcp-reset", "tcp-reset", 0),
        new(RejectType.PolicyFailed, "icmp6-policy-fail", "policy-fail", 5),
        new(RejectType.RejectRoute, "icmp6-reject-route", "reject-route", 6),
    ];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "REJECT",
        KernelBytes = 8,
        Summary = "Drops the packet and sends an ICMP error or a TCP reset back.",
        Source = "net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c, extensions/libipt_REJECT.c, libip6t_REJECT.c",
        OnlyTable = "filter",
        Hooks = Hooks.LocalIn | Hooks.Forward | Hooks.LocalOut,
        Options =
        [
            new("reject-with", OptionKind.Text)
            {
                ValueName = "type", Parse = ParseType, Help = "What is answered; port unreachable unless given.",
                Sample = _ => "port-unreach",
            },
        ],
        Build = values => new RejectTarget(values.Family, values.Get("reject-with", RejectType.PortUnreachable)),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    private string AnswerName => OwnAnswer.Name;

    private Answer OwnAnswer
    {
        get
        {
            foreach (Answer answer in AnswersOf(Family))
            {
                if (answer.Type == With)
                {
                    return answer;
                }
            }
            throw new InvalidOperationException($"{Family} has no answer {With}.");
        }
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("reject-with", AnswerName);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("reject-with ").Raw(AnswerName);

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        With == RejectType.TcpReset && !check.Is(IpProtocols.Tcp) ? KernelErrno.Invalid : KernelErrno.None;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        if (With == RejectType.TcpReset)
        {
            context.Walk.Stack.SendReset(context.Packet, context.Hook);
        }
        else
        {
            context.Walk.Stack.SendUnreachable(context.Packet, context.Hook, OwnAnswer.Code);
        }
        context.Walk.NoteRejection(AnswerName);
        return TargetVerdict.Drop;
    }

    private static Answer[] AnswersOf(IpFamily family) => family == IpFamily.IPv4 ? AnswersV4 : AnswersV6;

    private static object? ParseType(OptionCall call)
    {
        string text = call.Argument;
        foreach (Answer answer in AnswersOf(call.Rule.Family))
        {
            if (answer.Name.StartsWith(text, StringComparison.OrdinalIgnoreCase)
                || answer.Alias.StartsWith(text, StringComparison.OrdinalIgnoreCase))
            {
                return answer.Type;
            }
        }
        if (text is "echo-reply" or "echoreply")
        {
            call.Values.Warn("--reject-with echo-reply no longer supported\n");
        }
        throw OptionCall.Error($"unknown reject type \"{text}\"");
    }

    private readonly record struct Answer(RejectType Type, string Name, string Alias, byte Code);
}

/// <summary>What REJECT answers (<c>enum ipt_reject_with</c>, <c>enum ip6t_reject_with</c>).</summary>
public enum RejectType : byte
{
    /// <summary>Port unreachable: the default.</summary>
    PortUnreachable,

    /// <summary>IPv4: network unreachable.</summary>
    NetUnreachable,

    /// <summary>IPv4: host unreachable.</summary>
    HostUnreachable,

    /// <summary>IPv4: protocol unreachable.</summary>
    ProtocolUnreachable,

    /// <summary>IPv4: network administratively prohibited.</summary>
    NetProhibited,

    /// <summary>IPv4: host administratively prohibited.</summary>
    HostProhibited,

    /// <summary>Communication administratively prohibited.</summary>
    AdminProhibited,

    /// <summary>A TCP segment with RST.</summary>
    TcpReset,

    /// <summary>IPv6: no route to the destination.</summary>
    NoRoute,

    /// <summary>IPv6: address unreachable.</summary>
    AddressUnreachable,

    /// <summary>IPv6: source address failed policy.</summary>
    PolicyFailed,

    /// <summary>IPv6: reject route to the destination.</summary>
    RejectRoute,
}
