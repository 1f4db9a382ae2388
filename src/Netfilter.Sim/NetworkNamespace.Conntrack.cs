using Netfilter.Sim.Conntrack;

namespace Netfilter.Sim;

// Connections.
public sealed partial class NetworkNamespace
{
    internal ConnectionTracker Tracker { get; private set; } = new();
}
