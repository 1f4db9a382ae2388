using System.Collections;

namespace Netfilter.Sim.Routing;

/// <summary>The routes of a namespace: a view that changes it.</summary>
public sealed class RouteCollection : IReadOnlyCollection<Route>
{
    private readonly NetworkNamespace _host;

    internal RouteCollection(NetworkNamespace host) => _host = host;

    /// <inheritdoc/>
    public int Count => _host.Configuration.Routes.Count;

    /// <summary>Adds what follows <c>ip route add</c>, for example <c>default via 192.168.1.1 dev eth0</c>.</summary>
    /// <exception cref="FormatException">Not a route.</exception>
    /// <exception cref="InvalidOperationException">The kernel refuses it.</exception>
    public void Add(string route) => Add(Route.Parse(route));

    /// <summary>Adds a route. Without an interface the one that leads to the gateway is taken.</summary>
    /// <exception cref="InvalidOperationException">The kernel refuses it: there is one of that rank, no such interface, no way to the gateway.</exception>
    public void Add(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        Route complete = Complete(route);
        _host.Configuration = _host.Configuration.WithRoute(complete) ?? throw new InvalidOperationException("RTNETLINK answers: File exists");
    }

    /// <summary>Adds a route in place of one with the same prefix and rank.</summary>
    /// <exception cref="InvalidOperationException">The kernel refuses it.</exception>
    public void Replace(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        _host.Configuration = _host.Configuration.WithRouteReplaced(Complete(route));
    }

    /// <summary>Adds a route after those with the same prefix and rank.</summary>
    /// <exception cref="InvalidOperationException">The kernel refuses it.</exception>
    public void Append(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        _host.Configuration = _host.Configuration.WithRouteAtEnd(Complete(route));
    }

    /// <summary>Removes what follows <c>ip route del</c>.</summary>
    /// <exception cref="FormatException">Not a route.</exception>
    /// <exception cref="InvalidOperationException">There is no such route.</exception>
    public void Remove(string route) => Remove(Route.Parse(route));

    /// <summary>Removes the first route that fits; what the pattern leaves out may be anything.</summary>
    /// <exception cref="InvalidOperationException">There is no such route.</exception>
    public void Remove(Route pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        _host.Configuration = _host.Configuration.WithoutRoute(pattern, anyType: pattern.Type == RouteType.Unicast)
            ?? throw new InvalidOperationException("RTNETLINK answers: No such process");
    }

    /// <inheritdoc/>
    public IEnumerator<Route> GetEnumerator() => _host.Configuration.Routes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Checks a route as <c>fib_create_info</c> and <c>fib_check_nh</c> do, and finds its interface.</summary>
    private Route Complete(Route route)
    {
        if (Fib.ThrowsAway(route.Type))
        {
            return route with { Device = null };
        }
        NetDevice? device = route.Device is null ? null : _host.Configuration.FindDevice(route.Device)
            ?? throw new InvalidOperationException($"Cannot find device \"{route.Device}\"");
        if (device is null && route.Gateway is { } gateway)
        {
            RouteResult way = _host.Fib.Lookup(new RouteKey { Destination = gateway, InIndex = 1 });
            device = Fib.ThrowsAway(way.Type) || way.Type == RouteType.Local
                ? throw new InvalidOperationException("RTNETLINK answers: Network is unreachable")
                : way.Device;
        }
        if (device is null && route.Type == RouteType.Local)
        {
            device = _host.Fib.Loopback;
        }
        return device switch
        {
            null => throw new InvalidOperationException("RTNETLINK answers: No such device"),
            { IsUp: false } => throw new InvalidOperationException("RTNETLINK answers: Network is down"),
            _ => route with { Device = device.Name },
        };
    }
}
