namespace Netfilter.Sim.Routing;

/// <summary>How far away a destination is (<c>enum rt_scope_t</c>).</summary>
internal static class RouteScope
{
    public const byte Universe = 0;
    public const byte Site = 200;
    public const byte Link = 253;
    public const byte Host = 254;
    public const byte Nowhere = 255;
}
