using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>What of a rule is known while its options are read: family, table and what <c>-p</c> said so far.</summary>
/// <param name="Family">The family.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Protocol">The protocol; 0 for any.</param>
/// <param name="IsProtocolInverted">Whether <c>! -p</c> was given.</param>
public readonly record struct RuleFacts(
    IpFamily Family, string Table = "filter", ushort Protocol = 0, bool IsProtocolInverted = false)
{
    /// <summary>Whether the rule is for one protocol, not inverted.</summary>
    public bool Is(byte protocol) => Protocol == protocol && !IsProtocolInverted;
}
