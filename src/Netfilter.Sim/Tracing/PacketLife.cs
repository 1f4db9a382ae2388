using System.Collections.Immutable;
using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Tracing;

/// <summary>One packet's life in a walk: how it began and how it ended (D4).</summary>
/// <param name="Number">0 for the packet that the walk began with.</param>
/// <param name="Parent">The life during which it began; −1 for the first, or when it had ended.</param>
/// <param name="Cause">How it came to exist.</param>
/// <param name="Bytes">Its bytes at the beginning.</param>
/// <param name="Fate">What became of it.</param>
public sealed record PacketLife(int Number, int Parent, LifeCause Cause, ImmutableArray<byte> Bytes, Fate Fate);
