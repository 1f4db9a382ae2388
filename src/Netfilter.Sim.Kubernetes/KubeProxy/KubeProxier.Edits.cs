using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

public sealed partial class KubeProxier
{
    private static readonly (string Table, string Chain)[] SharedChains =
    [
        (KubeChains.Filter, KubeChains.Services), (KubeChains.Filter, KubeChains.ExternalServices),
        (KubeChains.Filter, KubeChains.NodePorts), (KubeChains.Filter, KubeChains.ProxyFirewall),
        (KubeChains.Nat, KubeChains.Services), (KubeChains.Nat, KubeChains.NodePorts),
    ];

    // Notes how the shared chains change; called before the table is edited, so that places are those of that moment.
    private void Splice(ServicePortEntry? old, ServicePortEntry? now)
    {
        if (_needsFullSync)
        {
            return;
        }
        List<ProxyRule> oldRules = SharedRules(old);
        List<ProxyRule> newRules = SharedRules(now);
        SharedRuleCounts before = _table.CountsBefore((now ?? old)!);
        foreach ((string table, string chain) in SharedChains)
        {
            ValueList<ProxyRule> gone = Of(oldRules, table, chain);
            ValueList<ProxyRule> come = Of(newRules, table, chain);
            if (!SameText(gone, come))
            {
                _splices.Add(new ChainSplice(table, chain, before.Of(table, chain), gone.Count, come));
            }
        }
    }

    private List<ProxyRule> SharedRules(ServicePortEntry? entry)
    {
        var sink = new CollectingRuleSink();
        if (entry is not null)
        {
            ServicePortRules.WriteSharedFilter(entry, _context, sink);
            ServicePortRules.WriteSharedNat(entry, _context, sink);
        }
        return sink.Rules;
    }

    private static bool SameText(ValueList<ProxyRule> a, ValueList<ProxyRule> b)
    {
        if (a.Count != b.Count)
        {
            return false;
        }
        for (int i = 0; i < a.Count; i++)
        {
            if (a[i].Specification != b[i].Specification)
            {
                return false;
            }
        }
        return true;
    }

    private static ValueList<ProxyRule> Of(List<ProxyRule> rules, string table, string chain) =>
        rules.Where(rule => rule.Table == table && rule.Chain == chain).ToValueList();

    // New chains come first, so that jumps into them hold; removed ones last, when nothing leads there any more.
    private static List<ChainEdit> MakeEdits(
        ProxierContext context, ServicePortEntry[] written, ChainSplice[] splices, string[] stale, bool withComments)
    {
        var edits = new List<ChainEdit>();
        foreach (ServicePortEntry entry in written)
        {
            var sink = new CollectingRuleSink();
            ServicePortRules.WriteOwn(entry, context, sink, withComments);
            ILookup<string, ProxyRule> byChain = sink.Rules.ToLookup(rule => rule.Chain, StringComparer.Ordinal);
            foreach (string chain in entry.OwnChains().Reverse())
            {
                edits.Add(new ChainReplacement(KubeChains.Nat, chain, byChain[chain].ToValueList()));
            }
        }
        edits.AddRange(splices);
        edits.AddRange(stale.Select(chain => new ChainRemoval(KubeChains.Nat, chain)));
        return edits;
    }
}
