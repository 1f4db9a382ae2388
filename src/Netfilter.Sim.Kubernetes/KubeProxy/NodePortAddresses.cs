using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>Which addresses of a node accept node ports.</summary>
/// <remarks>pkg/proxy/util/nodeport_addresses.go.</remarks>
public sealed class NodePortAddresses
{
    private readonly KubePrefix[] _prefixes;

    /// <summary>Reads the configured networks, of which those of the family count.</summary>
    /// <param name="family">The family.</param>
    /// <param name="networks">The networks; none of the family means all addresses.</param>
    public NodePortAddresses(IPFamily family, params IEnumerable<string> networks)
    {
        Family = family;
        var prefixes = new List<KubePrefix>();
        foreach (string network in networks)
        {
            if (KubePrefix.TryParse(network, out KubePrefix prefix) && prefix.Family == family)
            {
                prefixes.Add(prefix);
            }
        }
        if (prefixes.Count == 0)
        {
            prefixes.Add(new KubePrefix(new KubeAddress(family, 0), 0));
        }
        _prefixes = [.. prefixes];
    }

    /// <summary>The family.</summary>
    public IPFamily Family { get; }

    /// <summary>Whether every address of the node accepts them.</summary>
    public bool MatchesAll => Array.Exists(_prefixes, prefix => prefix.Length == 0);

    /// <summary>Whether an address of 127.0.0.0/8 is among them.</summary>
    public bool ContainsIPv4Loopback => Family == IPFamily.IPv4 && Array.Exists(
        _prefixes, prefix => prefix.Network.IsLoopback || prefix.Contains(new KubeAddress(IPFamily.IPv4, 0x7f000001)));

    /// <summary>The addresses of the node that accept node ports, each once, in text order.</summary>
    /// <param name="interfaceAddresses">The addresses of all interfaces, with or without prefix length.</param>
    public ValueList<string> Choose(params IEnumerable<string> interfaceAddresses) =>
        ChooseAddresses(interfaceAddresses).Select(address => address.ToString()).ToValueList();

    internal IEnumerable<KubeAddress> ChooseAddresses(IEnumerable<string> interfaceAddresses)
    {
        var chosen = new SortedDictionary<string, KubeAddress>(StringComparer.Ordinal);
        foreach (string text in interfaceAddresses)
        {
            if (KubePrefix.TryParseInterface(text, out KubeAddress address) &&
                Array.Exists(_prefixes, prefix => prefix.Contains(address)))
            {
                chosen[address.ToString()] = address;
            }
        }
        return chosen.Values;
    }
}
