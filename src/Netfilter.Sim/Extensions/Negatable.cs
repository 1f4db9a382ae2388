namespace Netfilter.Sim.Extensions;

/// <summary>What an option wants, and whether <c>!</c> stood before it.</summary>
/// <param name="Value">What is wanted.</param>
/// <param name="IsNegated">Whether anything but that is wanted.</param>
public readonly record struct Negatable<T>(T Value, bool IsNegated)
    where T : struct;
