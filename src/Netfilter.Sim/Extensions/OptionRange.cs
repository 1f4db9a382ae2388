using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>The value of an option that takes one number or two.</summary>
/// <param name="Low">The first number; an empty one is the least possible.</param>
/// <param name="High">The second; an empty one is the greatest possible, an absent one equals the first.</param>
/// <param name="Count">How many were written: 1 or 2.</param>
public readonly record struct OptionRange(ulong Low, ulong High, int Count);

/// <summary>A value and the bits of it that count.</summary>
/// <param name="Value">The value.</param>
/// <param name="Mask">The mask; all ones when none was written.</param>
public readonly record struct MaskedValue(uint Value, uint Mask);

/// <summary>An address as an option gave it, not yet masked, and its mask.</summary>
/// <param name="Address">The address.</param>
/// <param name="Mask">The mask; all ones when none was written.</param>
public readonly record struct HostMask(NetAddress Address, NetAddress Mask)
{
    /// <summary>The prefix with host bits cleared.</summary>
    public NetPrefix Prefix => new(Address, Mask);
}
