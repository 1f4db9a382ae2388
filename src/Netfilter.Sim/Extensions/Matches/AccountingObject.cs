namespace Netfilter.Sim.Extensions.Matches;

/// <summary>What an accounting object has counted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Bytes of whole packets.</param>
/// <param name="Quota">What it counts up to; null when nothing.</param>
/// <param name="CountsPackets">Whether the quota is in packets, not bytes.</param>
/// <param name="IsQuotaReached">Whether the quota was reached.</param>
public sealed record AccountingObject(
    string Name, ulong Packets, ulong Bytes, ulong? Quota, bool CountsPackets, bool IsQuotaReached)
{
    /// <summary>The flags that the kernel shows (<c>enum nfnl_acct_flags</c>): 1 and 2 the quota's unit, 4 when it was reached.</summary>
    public int Flags => (Quota is null ? 0 : CountsPackets ? 1 : 2) | (IsQuotaReached ? 4 : 0);

    internal static AccountingObject Of(string name, AccountingState state) =>
        new(name, state.Packets, state.Bytes, state.Quota, state.CountsPackets, state.WasReached);
}
