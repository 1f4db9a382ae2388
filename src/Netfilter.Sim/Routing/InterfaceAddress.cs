using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>An address of an interface (<c>struct in_ifaddr</c>, <c>struct inet6_ifaddr</c>).</summary>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Length of the network's prefix.</param>
public sealed record InterfaceAddress(NetAddress Address, int PrefixLength)
{
    /// <summary>The other end of a point-to-point link (<c>peer</c>); null when there is none.</summary>
    public NetAddress? Peer { get; init; }

    /// <summary>The broadcast address that was given (<c>brd</c>); null when none was.</summary>
    public NetAddress? Broadcast { get; init; }

    /// <summary>How far it is valid: 0 everywhere, 253 on the link, 254 on the host (<c>scope</c>).</summary>
    public byte Scope { get; init; }

    /// <summary>Whether an earlier address of the interface lies in the same network (<c>IFA_F_SECONDARY</c>).</summary>
    public bool IsSecondary { get; init; }

    /// <summary>Whether it makes no route to its network (<c>noprefixroute</c>).</summary>
    public bool HasNoPrefixRoute { get; init; }

    /// <summary>Whether other addresses are to be preferred (<c>preferred_lft 0</c>).</summary>
    public bool IsDeprecated { get; init; }

    /// <summary>The network the address lies in, or the peer's.</summary>
    public NetPrefix Network => new(Peer ?? Address, PrefixLength);

    /// <summary>Reads <c>address</c> or <c>address/length</c>.</summary>
    /// <exception cref="FormatException">Not an address.</exception>
    public static InterfaceAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        NetAddress address = NetAddress.Parse(slash < 0 ? text : text.AsSpan(0, slash));
        int longest = address.ByteCount * 8;
        int length = longest;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, null, out length) || length > longest))
        {
            throw new FormatException($"'{text}' is not an address with a prefix length.");
        }
        return new InterfaceAddress(address, length) { Scope = DefaultScope(address) };
    }

    /// <summary>The address as <c>ip addr</c> takes it.</summary>
    public override string ToString() => $"{Address}/{PrefixLength}";

    /// <summary>The scope that <c>ip addr add</c> and the kernel give an address of its own.</summary>
    internal static byte DefaultScope(NetAddress address)
    {
        if (address.Family == IpFamily.IPv4)
        {
            return address.IPv4Bits >> 24 == 127 ? RouteScope.Host : RouteScope.Universe;
        }
        return address.Bits == UInt128.One ? RouteScope.Host
            : (uint)(address.Bits >> 118) == 0x3fa ? RouteScope.Link
            : RouteScope.Universe;
    }
}
