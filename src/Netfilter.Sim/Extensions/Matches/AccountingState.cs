using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>An accounting object (<c>struct nf_acct</c>).</summary>
internal sealed class AccountingState : RuleState
{
    public const string Kind = "nfacct";

    /// <summary>What it counts up to; null when nothing.</summary>
    public ulong? Quota { get; init; }

    /// <summary>Whether the quota is in packets, not bytes.</summary>
    public bool CountsPackets { get; init; }

    public ulong Packets { get; private set; }

    public ulong Bytes { get; private set; }

    /// <summary>Whether the quota was reached once, which listeners are told (<c>NFACCT_F_OVERQUOTA</c>).</summary>
    public bool WasReached { get; private set; }

    public bool HasQuota => Quota is not null;

    /// <summary>What the quota is compared with.</summary>
    public ulong Used => CountsPackets ? Packets : Bytes;

    public static StateKey KeyOf(string name) => new(Kind, name);

    public void Count(int length)
    {
        Packets++;
        Bytes += (ulong)length;
    }

    /// <summary>Whether more than the quota is used.</summary>
    public bool IsOverQuota()
    {
        WasReached |= Used >= Quota;
        return Used > Quota;
    }

    public override RuleState Clone() => new AccountingState
    {
        Quota = Quota,
        CountsPackets = CountsPackets,
        Packets = Packets,
        Bytes = Bytes,
        WasReached = WasReached,
    };
}
