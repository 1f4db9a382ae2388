using Netfilter.Sim.Stack.Fragments;

namespace Netfilter.Sim;

/// <summary>Packets of which not all fragments have come.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>The fragments that wait.</summary>
    internal Defragmenter Fragments { get; private set; } = new();

    private void ForkFragments(NetworkNamespace fork) => fork.Fragments = Fragments.Fork();
}
