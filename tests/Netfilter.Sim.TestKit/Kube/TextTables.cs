using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>Tables as lines of text, enough to apply kube-proxy's payloads: chains, rules, and who jumps
/// where.</summary>
public sealed class TextTables
{
    private readonly Dictionary<string, Dictionary<string, List<string>>> _tables = new(StringComparer.Ordinal)
    {
        ["filter"] = Chains("INPUT", "FORWARD", "OUTPUT"),
        ["nat"] = Chains("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
        ["mangle"] = Chains(),
    };

    /// <summary>The chains of a table, in text order.</summary>
    public IReadOnlyList<string> ChainNames(string table) =>
        [.. _tables[table].Keys.Order(StringComparer.Ordinal)];

    /// <summary>The rules of a chain, or null when it does not exist.</summary>
    public IReadOnlyList<string>? RulesOf(string table, string chain) => _tables[table].GetValueOrDefault(chain);

    /// <summary>Creates a chain where it is missing.</summary>
    public void EnsureChain(string table, string chain) => _tables[table].TryAdd(chain, []);

    /// <summary>Inserts a rule at the head of a chain unless it stands there already.</summary>
    public void EnsureRule(string table, string chain, string specification)
    {
        string line = $"-A {chain} {specification}";
        List<string> rules = _tables[table][chain];
        if (!rules.Contains(line))
        {
            rules.Insert(0, line);
        }
    }

    /// <summary>Deletes a rule; false when it does not stand there.</summary>
    public bool DeleteRule(string table, string chain, string specification) =>
        _tables[table].TryGetValue(chain, out List<string>? rules) && rules.Remove($"-A {chain} {specification}");

    /// <summary>Applies the text of <c>iptables-restore --noflush</c>, each table whole or not at all.</summary>
    /// <returns>Null, or why a table was refused; tables before it stand.</returns>
    public string? Restore(IEnumerable<string> lines)
    {
        string table = "";
        Dictionary<string, List<string>> work = [];
        var removed = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            string? refusal = null;
            switch (line[0])
            {
                case '*':
                    table = line[1..];
                    work = _tables[table].ToDictionary(c => c.Key, c => c.Value.ToList(), StringComparer.Ordinal);
                    removed.Clear();
                    break;
                case ':':
                    work[line[1..line.IndexOf(' ', StringComparison.Ordinal)]] = [];
                    break;
                case '-':
                    refusal = Command(work, removed, line);
                    break;
                case 'C':
                    refusal = Dangling(work, removed);
                    _tables[table] = refusal is null ? work : _tables[table];
                    break;
            }
            if (refusal is not null)
            {
                return refusal;
            }
        }
        return null;
    }

    /// <summary>Does what kube-proxy does with a payload: before a full one, the jumps; then the restore.</summary>
    /// <returns>Null, or why it was refused.</returns>
    public string? Restore(RestorePayload payload)
    {
        foreach (JumpRule jump in payload.IsFull ? JumpRule.All : [])
        {
            EnsureChain(jump.Table, jump.To);
            EnsureRule(jump.Table, jump.From, jump.Specification);
        }
        return Restore(payload.Lines);
    }

    /// <summary>Applies a partial sync by its edits.</summary>
    public void Apply(IEnumerable<ChainEdit> edits)
    {
        foreach (ChainEdit edit in edits)
        {
            Dictionary<string, List<string>> chains = _tables[edit.Table];
            switch (edit)
            {
                case ChainReplacement replacement:
                    chains[edit.Chain] = Texts(replacement.Rules);
                    break;
                case ChainSplice splice:
                    chains[edit.Chain].RemoveRange(splice.Index, splice.RemoveCount);
                    chains[edit.Chain].InsertRange(splice.Index, Texts(splice.Rules));
                    break;
                case ChainRemoval:
                    chains.Remove(edit.Chain);
                    break;
            }
        }
    }

    /// <summary>The tables as lines, chains in text order.</summary>
    public IReadOnlyList<string> Lines()
    {
        List<string> lines = [];
        foreach (string table in (string[])["mangle", "nat", "filter"])
        {
            lines.Add("*" + table);
            lines.AddRange(ChainNames(table).Select(chain => ":" + chain + " - [0:0]"));
            lines.AddRange(ChainNames(table).SelectMany(chain => _tables[table][chain]));
            lines.Add("COMMIT");
        }
        return lines;
    }

    private static List<string> Texts(ValueList<ProxyRule> rules) =>
        [.. rules.AsEnumerable().Select(rule => rule.Text)];

    /// <summary>The target of a rule line, or null.</summary>
    public static string? TargetOf(string rule)
    {
        int jump = rule.LastIndexOf(" -j ", StringComparison.Ordinal);
        if (jump < 0)
        {
            return null;
        }
        string rest = rule[(jump + 4)..];
        int space = rest.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? rest : rest[..space];
    }

    private static string? Command(Dictionary<string, List<string>> work, HashSet<string> removed, string line)
    {
        string chain = line.Split(' ')[1];
        if (line.StartsWith("-X ", StringComparison.Ordinal))
        {
            removed.Add(chain);
            return work.Remove(chain) ? null : $"no chain {chain} to delete";
        }
        if (!work.TryGetValue(chain, out List<string>? rules))
        {
            return $"no chain {chain} for {line}";
        }
        rules.Add(line);
        return null;
    }

    private static string? Dangling(Dictionary<string, List<string>> work, HashSet<string> removed)
    {
        foreach (string rule in work.Values.SelectMany(rules => rules))
        {
            if (TargetOf(rule) is { } target && target.StartsWith("KUBE-", StringComparison.Ordinal) &&
                !work.ContainsKey(target))
            {
                return removed.Contains(target)
                    ? $"deleted chain \"{target}\" is referenced by existing rules"
                    : $"no chain {target} for {rule}";
            }
        }
        return null;
    }

    private static Dictionary<string, List<string>> Chains(params string[] names) =>
        names.ToDictionary(name => name, _ => new List<string>(), StringComparer.Ordinal);
}
