namespace Netfilter.Sim.Rules;

/// <summary>
/// A match as a few numbers, for the walk to ask in place of <see cref="Match.Evaluate"/> where it would say the same: the
/// matches that large rulesets are made of, whose objects would otherwise be fetched from memory one by one.
/// </summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Value">The value wanted.</param>
/// <param name="Mask">The bits looked at.</param>
/// <param name="IsInverted">Whether the answer is turned round.</param>
internal readonly record struct InlineTest(InlineKind Kind, uint Value = 0, uint Mask = 0, bool IsInverted = false);

/// <summary>What an <see cref="InlineTest"/> asks.</summary>
internal enum InlineKind : byte
{
    /// <summary>Not a match of these kinds: it has to be evaluated.</summary>
    None,

    /// <summary>Whether the transport header is there in full, as <c>-m tcp</c> without options does.</summary>
    Header,

    /// <summary>Whether the transport header is there in full and goes to a port.</summary>
    DestinationPort,

    /// <summary>A decision by chance with a threshold.</summary>
    Chance,

    /// <summary>The mark under a mask.</summary>
    Mark,

    /// <summary>Whether the packet's conntrack state is one of a set of bits.</summary>
    State,
}
