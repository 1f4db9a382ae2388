using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>kube-proxy's hand on a node: what it runs there to put a sync in place.</summary>
/// <remarks>pkg/util/iptables of v1.36: EnsureChain, EnsureRule with Prepend, RestoreAll without flush and with
/// counters.</remarks>
public sealed class NodeTables
{
    private readonly Dictionary<string, Table> _left = new(StringComparer.Ordinal);
    private readonly IptablesShell _shell;
    private readonly string _program;
    private readonly IpFamily _family;

    /// <summary>Takes hold of a node.</summary>
    /// <param name="host">The node's namespace.</param>
    /// <param name="family">The family whose tables are meant.</param>
    /// <exception cref="ArgumentNullException"><paramref name="host"/> is null.</exception>
    public NodeTables(NetworkNamespace host, IPFamily family)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        _shell = new IptablesShell(host);
        _program = family == IPFamily.IPv4 ? "iptables" : "ip6tables";
        _family = family == IPFamily.IPv4 ? IpFamily.IPv4 : IpFamily.IPv6;
    }

    /// <summary>The node's namespace.</summary>
    public NetworkNamespace Host { get; }

    /// <summary>What the last restore was refused with; null when it was not.</summary>
    public string? LastError { get; private set; }

    /// <summary>Whether nobody changed the tables since this last did; what packets count is no change.</summary>
    public bool IsAsLeft => _left.Count > 0 && _left.All(left => Bare(left.Key).Equals(left.Value));

    /// <summary>The chains of the nat table.</summary>
    public IReadOnlyList<string> NatChains => [.. Bare(KubeChains.Nat).Chains.Select(chain => chain.Name)];

    /// <summary>Applies a payload, the jumps first when it is a full one.</summary>
    /// <param name="payload">The payload.</param>
    /// <returns>Whether iptables-restore took it; if not, tables before the refused one are in place.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="payload"/> is null.</exception>
    public bool Restore(RestorePayload payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        if (payload.IsFull)
        {
            EnsureJumps();
        }
        ShellResult result = _shell.Execute([_program + "-restore", "-w", "5", "--noflush", "--counters"], payload.Text);
        LastError = result.ExitCode == 0 ? null : result.Stderr;
        Remember();
        return result.ExitCode == 0;
    }

    /// <summary>Tells the loaded rules where they come from, so that traces show it. Nothing else changes.</summary>
    /// <param name="payload">The payload that was restored last.</param>
    /// <exception cref="ArgumentNullException"><paramref name="payload"/> is null.</exception>
    public void Attribute(RestorePayload payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        foreach (IGrouping<string, ProxyRule> table in payload.Rules().GroupBy(rule => rule.Table))
        {
            Host.Edit(table.Key, current => Attribute(current, table), _family);
        }
        Remember();
    }

    /// <summary>Applies a partial sync by its edits: at the cost of what they change, without a text.</summary>
    /// <param name="edits">The edits, in order.</param>
    /// <exception cref="ArgumentNullException"><paramref name="edits"/> is null.</exception>
    /// <exception cref="Engine.RulesetLoadException">The kernel would refuse the edits of a table, which stays.</exception>
    public void Apply(IReadOnlyList<ChainEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        foreach (IGrouping<string, ChainEdit> table in edits.GroupBy(edit => edit.Table))
        {
            Queue<Rule> read = Read(table);
            Host.Edit(table.Key, current => table.Aggregate(current, (next, edit) => Apply(next, edit, read)), _family);
        }
        Remember();
    }

    private void Remember()
    {
        _left[KubeChains.Nat] = Bare(KubeChains.Nat);
        _left[KubeChains.Filter] = Bare(KubeChains.Filter);
    }

    // A table as it is, without what its policies counted.
    private Table Bare(string name)
    {
        Table? bare = null;
        Host.Edit(
            name,
            current =>
            {
                bare = current.With(current.Chains.TakeWhile(chain => chain.IsBuiltIn).Select(chain => chain with { PolicyCounters = default }));
                return current;
            },
            _family);
        return bare!;
    }

    private static Table Apply(Table table, ChainEdit edit, Queue<Rule> read)
    {
        switch (edit)
        {
            case ChainReplacement replacement:
                return table.With(new Chain(edit.Chain, RuleSequence.Create(Take(read, replacement.Rules.Count))));
            case ChainSplice splice:
                Chain chain = table.Find(edit.Chain)!;
                RuleSequence rules = chain.Rules;
                for (int i = 0; i < splice.RemoveCount; i++)
                {
                    rules = rules.RemoveAt(splice.Index);
                }
                int place = splice.Index;
                foreach (Rule rule in Take(read, splice.Rules.Count))
                {
                    rules = rules.Insert(place++, rule);
                }
                return table.With(chain with { Rules = rules });
            default:
                return table.Without(edit.Chain);
        }
    }

    private static Rule[] Take(Queue<Rule> read, int count) => [.. Enumerable.Range(0, count).Select(_ => read.Dequeue())];

    private static Table Attribute(Table table, IEnumerable<ProxyRule> rules)
    {
        List<Chain> attributed = [];
        foreach (IGrouping<string, ProxyRule> own in rules.GroupBy(rule => rule.Chain))
        {
            if (table.Find(own.Key) is { } chain && chain.Rules.Count == own.Count())
            {
                attributed.Add(chain with { Rules = RuleSequence.Create(chain.Rules.Zip(own, (rule, from) => With(rule, from.Origin))) });
            }
        }
        return table.With(attributed);
    }

    private static Rule With(Rule rule, KubeProxy.RuleOrigin origin) => new(rule.Ip, rule.Matches, rule.Target, origin);

    // All new rules in one small text, in a chain of its own; where they lead to has to exist in it.
    private Queue<Rule> Read(IEnumerable<ChainEdit> edits)
    {
        const string Desk = "KUBE-EDIT";
        ProxyRule[] rules = [.. edits.SelectMany(edit => edit switch
        {
            ChainReplacement replacement => replacement.Rules.AsEnumerable(),
            ChainSplice splice => splice.Rules.AsEnumerable(),
            _ => [],
        })];
        if (rules.Length == 0)
        {
            return [];
        }
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"*{rules[0].Table}\n:{Desk} - [0:0]\n");
        foreach (string chain in rules.Select(rule => JumpOf(rule.Specification)).Where(name => name is not null).Distinct()!)
        {
            text.Append(CultureInfo.InvariantCulture, $":{chain} - [0:0]\n");
        }
        foreach (ProxyRule rule in rules)
        {
            text.Append(CultureInfo.InvariantCulture, $"-A {Desk} {rule.Specification}\n");
        }
        Chain read = Ruleset.Parse(text.Append("COMMIT\n").ToString(), _family).Tables[0].Find(Desk)!;
        return new Queue<Rule>(read.Rules.Zip(rules, (rule, from) => With(rule, from.Origin)));
    }

    private static string? JumpOf(string specification)
    {
        int jump = specification.LastIndexOf("-j KUBE-", StringComparison.Ordinal);
        return jump < 0 ? null : specification[(jump + 3)..].Split(' ')[0];
    }

    private void EnsureJumps()
    {
        foreach (JumpRule jump in JumpRule.All)
        {
            // A chain that is there already is no error.
            _shell.Execute([_program, "-w", "5", "-t", jump.Table, "-N", jump.To]);
            string rule = $"-t {jump.Table} {{0}} {jump.From} {jump.Specification}";
            if (Run(rule, "-C") != 0)
            {
                Run(rule, "-I");
            }
        }
    }

    private int Run(string rule, string command) =>
        _shell.Execute($"{_program} -w 5 {rule.Replace("{0}", command, StringComparison.Ordinal)}").ExitCode;
}
