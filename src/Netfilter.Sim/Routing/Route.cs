using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>A route as <c>ip route</c> takes and prints it (<c>struct fib_config</c>, <c>struct fib6_config</c>). Immutable.</summary>
/// <param name="Destination">Where it leads; a length of 0 is <c>default</c>.</param>
public sealed record Route(NetPrefix Destination)
{
    /// <summary>What it does with packets; unicast unless told.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>Number of the table; <see cref="RouteTables.Main"/> unless told.</summary>
    public uint Table { get; init; } = RouteTables.Main;

    /// <summary>Name of the interface to leave by; null for the types that throw packets away.</summary>
    public string? Device { get; init; }

    /// <summary>The next hop; null when the destination is on the link.</summary>
    public NetAddress? Gateway { get; init; }

    /// <summary>The source address that it prefers (<c>src</c>); null for the interface's own choice.</summary>
    public NetAddress? PreferredSource { get; init; }

    /// <summary>Its rank among routes to the same prefix, lowest first (<c>metric</c>).</summary>
    public uint Metric { get; init; }

    /// <summary>The type of service it is for; 0 for any.</summary>
    public byte Tos { get; init; }

    /// <summary>How far its destinations are: 0 everywhere, 253 on the link, 254 on the host, 255 nowhere (<c>RT_SCOPE_*</c>).</summary>
    public byte Scope { get; init; }

    /// <summary>The realm, the source's in the upper half (<c>realm</c>).</summary>
    public uint Realm { get; init; }

    /// <summary>The largest packet that the way takes, in bytes; 0 when the interface's MTU decides.</summary>
    public int Mtu { get; init; }

    /// <summary>Whether the gateway is taken to be on the link without asking the table (<c>onlink</c>).</summary>
    public bool IsOnLink { get; init; }

    /// <summary>Who made it: 2 the kernel, 3 the administrator at boot, 4 statically (<c>RTPROT_*</c>).</summary>
    public byte Protocol { get; init; } = 3;

    /// <summary>The family.</summary>
    public IpFamily Family => Destination.Family;

    /// <summary>Reads what follows <c>ip route add</c>, for example <c>default via 192.168.1.1 dev eth0</c>.</summary>
    /// <exception cref="FormatException">Not a route; the message says why.</exception>
    public static Route Parse(string text) => RouteText.Parse(text, null);

    /// <summary>The route as <c>ip route show table all</c> prints it.</summary>
    public override string ToString() => RouteText.Format(this);
}
