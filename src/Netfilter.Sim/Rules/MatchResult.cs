namespace Netfilter.Sim.Rules;

/// <summary>What a match said of a packet.</summary>
public enum MatchAnswer : byte
{
    /// <summary>The packet matches.</summary>
    Yes,

    /// <summary>It does not; the rule is skipped.</summary>
    No,

    /// <summary>It is so malformed that it is dropped on the spot (<c>par-&gt;hotdrop</c>).</summary>
    HotDrop,

    /// <summary>
    /// It matches, and is so malformed that it is dropped once the rule has counted it and its target has acted: the answer was
    /// turned round after <c>par-&gt;hotdrop</c> was set.
    /// </summary>
    YesThenDrop,

    /// <summary>What Linux would say is not modelled.</summary>
    Unknown,
}

/// <summary>
/// The answer of a match and which of its conditions decided, with the value it saw. Two machine words: words for people
/// are made from it by <see cref="Match.Explain"/> only when somebody reads them (D7).
/// </summary>
/// <param name="Answer">The answer.</param>
/// <param name="Condition">Number of the condition that decided, in the match's own numbering.</param>
/// <param name="Seen">The value it looked at, in the match's own encoding.</param>
public readonly record struct MatchResult(MatchAnswer Answer, byte Condition, ulong Seen)
{
    /// <summary>The packet matches.</summary>
    public static MatchResult Yes => default;

    /// <summary>Condition <paramref name="condition"/> failed at the value <paramref name="seen"/>.</summary>
    public static MatchResult No(byte condition = 0, ulong seen = 0) => new(MatchAnswer.No, condition, seen);

    /// <summary>The packet is to be dropped.</summary>
    public static MatchResult HotDrop(byte condition = 0, ulong seen = 0) => new(MatchAnswer.HotDrop, condition, seen);

    /// <summary>The packet matches and is to be dropped when the rule has acted, or is only to be dropped.</summary>
    public static MatchResult HotDrop(bool matches, byte condition) =>
        new(matches ? MatchAnswer.YesThenDrop : MatchAnswer.HotDrop, condition, 0);

    /// <summary>What Linux would say is not modelled.</summary>
    public static MatchResult Unknown(byte condition = 0) => new(MatchAnswer.Unknown, condition, 0);

    /// <summary>Yes or no, by one condition.</summary>
    public static MatchResult When(bool matches, byte condition = 0, ulong seen = 0) =>
        matches ? new(MatchAnswer.Yes, condition, seen) : new(MatchAnswer.No, condition, seen);
}
