using System.Globalization;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>Names of ports: those that a case fixes are numbers, those that were drawn are R1, R2 …</summary>
internal sealed class ClusterPorts(IReadOnlySet<ushort> known)
{
    private readonly Dictionary<ushort, string> _names = [];
    private int _drawn;

    /// <summary>Every port that is neither fixed nor named becomes <c>*</c>.</summary>
    public bool HidesDrawn { get; init; }

    /// <summary>Gives a port a name.</summary>
    public void Name(ushort port, string name) => _names[port] = name;

    /// <summary>The name of a port.</summary>
    public string this[ushort port]
    {
        get
        {
            if (_names.TryGetValue(port, out string? name))
            {
                return name;
            }
            if (known.Contains(port))
            {
                return port.ToString(CultureInfo.InvariantCulture);
            }
            return HidesDrawn ? "*" : _names[port] = string.Create(CultureInfo.InvariantCulture, $"R{++_drawn}");
        }
    }
}
