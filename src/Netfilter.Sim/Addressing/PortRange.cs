using System.Globalization;

namespace Netfilter.Sim.Addressing;

/// <summary>Ports from <paramref name="Low"/> to <paramref name="High"/>, both included.</summary>
/// <param name="Low">The first port.</param>
/// <param name="High">The last port; below the first when a rule was written so, which no port fits.</param>
public readonly record struct PortRange(ushort Low, ushort High)
{
    /// <summary>All ports.</summary>
    public static PortRange All => new(0, ushort.MaxValue);

    /// <summary>Whether it is all ports.</summary>
    public bool IsAll => Low == 0 && High == ushort.MaxValue;

    /// <summary>Whether a port lies within.</summary>
    public bool Contains(ushort port) => port >= Low && port <= High;

    /// <summary><c>80</c> or <c>80:90</c>.</summary>
    public override string ToString() => Low == High
        ? Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Low}:{High}");
}
