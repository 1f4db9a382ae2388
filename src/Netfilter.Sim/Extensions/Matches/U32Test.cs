using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>One test of <see cref="U32Match"/> (<c>struct xt_u32_test</c>).</summary>
/// <param name="Location">How the word is found; the first step's operator has no meaning.</param>
/// <param name="Ranges">The values that it may have.</param>
public readonly record struct U32Test(EquatableArray<U32Step> Location, EquatableArray<U32Range> Ranges);

/// <summary>One step on the way to a word.</summary>
/// <param name="Operator">What is done.</param>
/// <param name="Number">With which number.</param>
public readonly record struct U32Step(U32Operator Operator, uint Number);

/// <summary>Values from one to another, both included.</summary>
/// <param name="Low">The least.</param>
/// <param name="High">The greatest.</param>
public readonly record struct U32Range(uint Low, uint High);

/// <summary>What a step does with the word so far (<c>enum xt_u32_ops</c>).</summary>
public enum U32Operator : byte
{
    /// <summary>Keeps some bits.</summary>
    And,

    /// <summary>Shifts to the left.</summary>
    ShiftLeft,

    /// <summary>Shifts to the right.</summary>
    ShiftRight,

    /// <summary>Moves the beginning by as many bytes and reads a word from there.</summary>
    At,
}
