namespace Netfilter.Sim.Routing;

/// <summary>Numbers of the routing tables that have names (<c>RT_TABLE_*</c>).</summary>
public static class RouteTables
{
    /// <summary>253: empty until somebody fills it.</summary>
    public const uint Default = 253;

    /// <summary>254: where <c>ip route add</c> puts routes.</summary>
    public const uint Main = 254;

    /// <summary>255: the host's own and broadcast addresses, kept by the kernel.</summary>
    public const uint Local = 255;
}
