using System.Collections.Immutable;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.State;

namespace Netfilter.Sim;

/// <summary>What rules name that commands of their own make: accounting objects, fingerprints of operating systems.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>The accounting objects by name, as <c>nfacct list</c> shows them. Copies: they do not change.</summary>
    public ImmutableArray<AccountingObject> AccountingObjects =>
    [
        .. States.Named(AccountingState.Kind).Select(entry => AccountingObject.Of(entry.Name, (AccountingState)entry.State)),
    ];

    /// <summary>The fingerprints that the <c>osf</c> match knows.</summary>
    public ImmutableArray<OsFingerprint> OsFingerprints => Configuration.OsFingerprints;

    /// <summary>Makes an accounting object (<c>nfacct add</c>).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="quota">What it counts up to before the <c>nfacct</c> match matches; null when it always does.</param>
    /// <param name="countsPackets">Whether the quota is in packets, not bytes.</param>
    /// <exception cref="ArgumentException">There is one of that name, or the name is empty or has more than 31 characters.</exception>
    public void AddAccountingObject(string name, ulong? quota = null, bool countsPackets = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, 31);
        StateKey key = AccountingState.KeyOf(name);
        if (States.Find(key) >= 0)
        {
            throw new ArgumentException($"There is an accounting object {name} already.", nameof(name));
        }
        States.AddNamed(key, () => new AccountingState { Quota = quota, CountsPackets = countsPackets });
    }

    /// <summary>Removes an accounting object (<c>nfacct del</c>).</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    /// <exception cref="InvalidOperationException">A rule uses it.</exception>
    public void RemoveAccountingObject(string name)
    {
        int slot = States.Find(AccountingState.KeyOf(name));
        if (slot < 0)
        {
            throw new ArgumentException($"There is no accounting object {name}.", nameof(name));
        }
        if (States.Users(slot) > 1)
        {
            throw new InvalidOperationException($"A rule uses the accounting object {name}.");
        }
        States.Release(slot);
    }

    /// <summary>Makes a fingerprint known to the <c>osf</c> match (<c>nfnl_osf -f</c>).</summary>
    public void AddOsFingerprint(OsFingerprint fingerprint)
    {
        ArgumentNullException.ThrowIfNull(fingerprint);
        Configuration = Configuration.With(fingerprint);
    }
}
