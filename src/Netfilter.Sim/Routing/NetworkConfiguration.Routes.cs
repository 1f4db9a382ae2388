using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Routing;

/// <summary>Routes and policy rules as the administrator changes them (<c>fib_table_insert</c>, <c>fib_nl_newrule</c>).</summary>
internal sealed partial record NetworkConfiguration
{
    /// <summary>Adds a route; null when one to the same prefix with the same rank is there already (EEXIST).</summary>
    public NetworkConfiguration? WithRoute(Route route)
    {
        route = Normalize(route);
        return Routes.Any(known => HasSameRank(known, route)) ? null : WithRouteAtEnd(route);
    }

    /// <summary>Adds a route in place of the first with the same prefix and rank (<c>ip route replace</c>).</summary>
    public NetworkConfiguration WithRouteReplaced(Route route)
    {
        route = Normalize(route);
        int index = Routes.FindIndex(known => HasSameRank(known, route));
        return index < 0 ? WithRouteAtEnd(route) : this with { Routes = Routes.SetItem(index, route) };
    }

    /// <summary>Adds a route after those of the same rank (<c>ip route append</c>).</summary>
    public NetworkConfiguration WithRouteAtEnd(Route route) => this with { Routes = Routes.Add(Normalize(route)) };

    /// <summary>Removes the first route that fits what is given of it; null when none does (ESRCH).</summary>
    public NetworkConfiguration? WithoutRoute(Route pattern, bool anyType)
    {
        int index = Routes.FindIndex(known => known.Destination == pattern.Destination && known.Table == pattern.Table
            && known.Tos == pattern.Tos
            && (anyType || known.Type == pattern.Type)
            && (pattern.Device is null || known.Device == pattern.Device)
            && (pattern.Gateway is null || known.Gateway == pattern.Gateway)
            && (pattern.Metric == 0 || known.Metric == pattern.Metric)
            && (pattern.PreferredSource is null || known.PreferredSource == pattern.PreferredSource));
        return index < 0 ? null : this with { Routes = Routes.RemoveAt(index) };
    }

    public NetworkConfiguration WithoutRoutes(Predicate<Route> fits) => this with { Routes = Routes.RemoveAll(fits) };

    /// <summary>Adds a policy rule; without a priority it goes before the lowest after 0 (<c>fib_default_rule_pref</c>).</summary>
    public NetworkConfiguration WithRule(PolicyRule rule, bool hasPriority)
    {
        if (!hasPriority)
        {
            uint second = Rules.Where(known => known.Family == rule.Family).Select(known => known.Priority).Skip(1).FirstOrDefault();
            rule = rule with { Priority = second == 0 ? 0 : second - 1 };
        }
        int index = Rules.FindIndex(known => known.Family == rule.Family && known.Priority > rule.Priority);
        return this with
        {
            Rules = index < 0 ? Rules.Add(rule) : Rules.Insert(index, rule),
            HasCustomRulesV4 = HasCustomRulesV4 || rule.Family == IpFamily.IPv4,
        };
    }

    /// <summary>Removes the first policy rule that a predicate fits; null when none does.</summary>
    public NetworkConfiguration? WithoutRule(Predicate<PolicyRule> fits)
    {
        int index = Rules.FindIndex(fits);
        return index < 0 ? null : this with
        {
            Rules = Rules.RemoveAt(index),
            HasCustomRulesV4 = HasCustomRulesV4 || Rules[index].Family == IpFamily.IPv4,
        };
    }

    /// <summary>IPv6 gives a route without a metric the user's default, 1024, and throws packets away by <c>lo</c>.</summary>
    private static Route Normalize(Route route) => route.Family == IpFamily.IPv6 && route.Metric == 0 && route.Protocol != ProtocolKernel
        ? route with { Metric = 1024 }
        : route;

    private static bool HasSameRank(Route a, Route b) => a.Destination == b.Destination && a.Table == b.Table
        && a.Tos == b.Tos && a.Metric == b.Metric;
}
