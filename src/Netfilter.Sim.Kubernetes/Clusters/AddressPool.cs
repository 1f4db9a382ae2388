using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>Gives out the addresses of a network one after the other, as kind's address management does for
/// pods.</summary>
/// <remarks>Kubernetes draws cluster IPs at random; here the next free one is given, so that a cluster comes out the
/// same every time.</remarks>
public sealed class AddressPool
{
    private readonly KubePrefix _network;
    private readonly HashSet<KubeAddress> _taken = [];
    private readonly UInt128 _wrapTo;
    private UInt128 _next;

    /// <summary>Makes a pool over a network.</summary>
    /// <param name="network">The network, such as <c>10.244.1.0/24</c>.</param>
    /// <param name="firstOffset">The first address given, counted from the network's own.</param>
    /// <exception cref="FormatException">The network cannot be read.</exception>
    public AddressPool(string network, int firstOffset = 1)
    {
        if (!KubePrefix.TryParse(network, out _network))
        {
            throw new FormatException($"\"{network}\" is not a network");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(firstOffset);
        _next = (UInt128)firstOffset;
        // A pool that starts high leaves the low part for those who choose; when the rest is used up it gives that too.
        _wrapTo = UInt128.Min(_next, 2);
    }

    /// <summary>The family.</summary>
    public IPFamily Family => _network.Family;

    /// <summary>The address at an offset from the network's own, whether free or not.</summary>
    /// <param name="offset">The offset.</param>
    public string At(int offset) => _network.Network.Plus((UInt128)offset).ToString();

    /// <summary>Takes a given address out of the pool.</summary>
    /// <param name="address">The address.</param>
    /// <returns>False when it is outside the network or taken.</returns>
    public bool TryTake(string address) =>
        KubeAddress.TryParse(address, out KubeAddress parsed) && _network.Contains(parsed) && _taken.Add(parsed);

    /// <summary>Puts an address back.</summary>
    /// <param name="address">The address; one that is not taken is passed over.</param>
    public void Release(string address)
    {
        if (KubeAddress.TryParse(address, out KubeAddress parsed))
        {
            _taken.Remove(parsed);
        }
    }

    /// <summary>Gives the next free address; addresses put back come round again last.</summary>
    /// <exception cref="InvalidOperationException">The network is used up.</exception>
    public string Next()
    {
        for (UInt128 tries = 0; tries <= (UInt128)_taken.Count + 2; tries++)
        {
            KubeAddress candidate = _network.Network.Plus(_next++);
            // The last IPv4 address of a network is its broadcast address.
            if (!_network.Contains(candidate) || (Family == IPFamily.IPv4 && !_network.Contains(candidate.Plus(1))))
            {
                _next = _wrapTo;
                continue;
            }
            if (_taken.Add(candidate))
            {
                return candidate.ToString();
            }
        }
        throw new InvalidOperationException($"No address is left in {_network}.");
    }
}
