using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Engine;

/// <summary>What became of a packet, and by whom. A value: making one allocates nothing.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Device">The interface it left by, or came in by when it was delivered.</param>
/// <param name="Place">The rule or policy that decided; nowhere when none did.</param>
/// <param name="Reason">Why, in words: the answer of a reject, the check of the IP layer, what is not modelled.</param>
public readonly record struct Fate(FateKind Kind, NetDevice? Device, RulePlace Place, string? Reason)
{
    /// <summary>It left by an interface.</summary>
    public static Fate Forwarded(NetDevice device) => new(FateKind.Forwarded, device, default, null);

    /// <summary>It was given to the local host.</summary>
    public static Fate Delivered(NetDevice? device) => new(FateKind.Delivered, device, default, null);

    /// <summary>It was thrown away by something other than a rule.</summary>
    public static Fate Dropped(string reason) => new(FateKind.Dropped, null, default, reason);

    /// <summary>It was thrown away by a rule or a policy.</summary>
    public static Fate Dropped(RulePlace place, string? reason = null) => new(FateKind.Dropped, null, place, reason);

    /// <summary>It was thrown away and its sender told, by a rule.</summary>
    /// <param name="place">The rule.</param>
    /// <param name="with">The answer, as <c>--reject-with</c> names it.</param>
    public static Fate Rejected(RulePlace place, string with) => new(FateKind.Rejected, null, place, with);

    /// <summary>It was thrown away and its sender told, by the IP layer.</summary>
    /// <param name="reason">Why and with what, for example <c>time to live exceeded</c>.</param>
    public static Fate Rejected(string reason) => new(FateKind.Rejected, null, default, reason);

    /// <summary>The host keeps it.</summary>
    public static Fate Held(string reason) => new(FateKind.Held, null, default, reason);

    /// <summary>It went on as another packet of the walk.</summary>
    public static Fate Replaced(string reason) => new(FateKind.Replaced, null, default, reason);

    /// <summary>Something is not modelled.</summary>
    public static Fate Unknown(string reason, RulePlace place = default) => new(FateKind.Unknown, null, place, reason);

    /// <summary>For example <c>Forwarded to eth0</c>, <c>Dropped by filter/FORWARD rule 3</c>.</summary>
    public override string ToString() => Kind switch
    {
        FateKind.None => "Undecided",
        FateKind.Forwarded => $"Forwarded to {Device}",
        FateKind.Delivered => "Delivered locally",
        FateKind.Rejected when Place.IsSomewhere => $"Rejected with {Reason} by {Place}",
        FateKind.Dropped when Place.IsSomewhere => Reason is null ? $"Dropped by {Place}" : $"Dropped by {Place}: {Reason}",
        FateKind.Unknown when Place.IsSomewhere => $"Unknown at {Place}: {Reason}",
        _ when Place.IsSomewhere => $"{Kind} by {Place}: {Reason}",
        _ => $"{Kind}: {Reason}",
    };
}
