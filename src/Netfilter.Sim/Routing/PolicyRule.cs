using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>What a policy rule does with the packets it selects (<c>FR_ACT_*</c>).</summary>
public enum PolicyAction : byte
{
    /// <summary>Looks into a table (<c>lookup</c>).</summary>
    Lookup = 1,

    /// <summary>Goes on at the rule of another priority (<c>goto</c>).</summary>
    Goto = 2,

    /// <summary>Nothing (<c>nop</c>).</summary>
    Nop = 3,

    /// <summary>Throws packets away in silence.</summary>
    Blackhole = 6,

    /// <summary>Answers with unreachable.</summary>
    Unreachable = 7,

    /// <summary>Answers with prohibited.</summary>
    Prohibit = 8,
}

/// <summary>A rule of policy routing as <c>ip rule</c> takes and prints it (<c>struct fib_rule</c>). Immutable.</summary>
/// <param name="Family">The family whose packets it looks at.</param>
public sealed record PolicyRule(IpFamily Family)
{
    /// <summary>Its place, lowest first.</summary>
    public uint Priority { get; init; }

    /// <summary>Whether it selects what the conditions do not (<c>not</c>).</summary>
    public bool IsInverted { get; init; }

    /// <summary>The source prefix; null for any.</summary>
    public NetPrefix? From { get; init; }

    /// <summary>The destination prefix; null for any.</summary>
    public NetPrefix? To { get; init; }

    /// <summary>The type of service; 0 for any.</summary>
    public byte Tos { get; init; }

    /// <summary>The mark that is compared under <see cref="MarkMask"/>.</summary>
    public uint Mark { get; init; }

    /// <summary>The bits of the mark that count; 0 for any mark.</summary>
    public uint MarkMask { get; init; }

    /// <summary>The interface a packet came in by; <c>lo</c> for what the host sends itself; null for any.</summary>
    public string? InInterface { get; init; }

    /// <summary>The interface a socket is bound to; null for any.</summary>
    public string? OutInterface { get; init; }

    /// <summary>The protocol (<c>ipproto</c>); 0 for any.</summary>
    public byte IpProtocol { get; init; }

    /// <summary>The lowest and highest source port; null for any.</summary>
    public (ushort Low, ushort High)? SourcePorts { get; init; }

    /// <summary>The lowest and highest destination port; null for any.</summary>
    public (ushort Low, ushort High)? DestinationPorts { get; init; }

    /// <summary>The lowest and highest user id of the sender; null for any.</summary>
    public (uint Low, uint High)? Uids { get; init; }

    /// <summary>What it does.</summary>
    public PolicyAction Action { get; init; } = PolicyAction.Lookup;

    /// <summary>The table it looks into.</summary>
    public uint Table { get; init; }

    /// <summary>The priority it goes on at (<see cref="PolicyAction.Goto"/>).</summary>
    public uint GotoPriority { get; init; }

    /// <summary>Results with at most this prefix length are passed over; −1 for none (<c>suppress_prefixlength</c>).</summary>
    public int SuppressPrefixLength { get; init; } = -1;

    /// <summary>Results by an interface of this group are passed over; −1 for none (<c>suppress_ifgroup</c>).</summary>
    public int SuppressGroup { get; init; } = -1;

    /// <summary>Who made it: 2 the kernel, 3 the administrator (<c>RTPROT_*</c>).</summary>
    public byte Protocol { get; init; } = 3;

    /// <summary>Reads what follows <c>ip rule add</c>, for example <c>fwmark 1 lookup 100</c>.</summary>
    /// <exception cref="FormatException">Not a rule; the message says why.</exception>
    public static PolicyRule Parse(string text) => PolicyRuleText.Parse(text, null);

    /// <summary>The rule as <c>ip rule show</c> prints it.</summary>
    public override string ToString() => PolicyRuleText.Format(this);
}
