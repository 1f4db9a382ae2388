namespace Netfilter.Sim.Stack.Fragments;

/// <summary>What a packet needs to leave by a way with an MTU.</summary>
internal enum FragmentNeed : byte
{
    /// <summary>Nothing; it leaves as it is.</summary>
    None,

    /// <summary>To be split.</summary>
    Split,

    /// <summary>It is too long and must not be split: dropped, and its sender told.</summary>
    TooBig,
}
