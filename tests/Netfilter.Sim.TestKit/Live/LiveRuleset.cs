using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>
/// A random ruleset over the tables of a host. Rules that the simulator refuses do not stand in it: some of them become
/// commands, so that the kernel says whether it refuses them, too.
/// </summary>
public sealed class LiveRuleset
{
    private const int MostRefused = 2;
    private readonly LiveSource _source;
    private readonly LiveTopology _topology;
    private readonly LiveMatches _matches;
    private readonly LiveTargets _targets;
    private readonly IptablesShell _shell = new(new NetworkNamespace("check"));
    private readonly ExtensionDeclaration[] _drawn;
    private readonly Dictionary<string, List<string>> _rules;
    private readonly Dictionary<string, List<string>> _chains;
    private readonly Dictionary<string, string> _policies = [];

    /// <summary>Makes one.</summary>
    /// <param name="source">What chance says.</param>
    /// <param name="topology">The host.</param>
    /// <param name="logToken">The beginning of the prefixes of LOG; null for TRACE in its place.</param>
    /// <param name="countsConnections">Whether connlimit is drawn.</param>
    /// <param name="missing">Extensions that this kernel or its tools lack.</param>
    public LiveRuleset(LiveSource source, LiveTopology topology, string? logToken, bool countsConnections, IReadOnlySet<string> missing)
    {
        (_source, _topology) = (source, topology);
        _matches = new LiveMatches(source, topology, countsConnections);
        _targets = new LiveTargets(source, topology, logToken);
        _drawn = [.. ExtensionRegistry.Default.All.Where(extension =>
            extension.IsFor(source.Family) && !LeftOut.Extensions.ContainsKey(extension.Name)
            && !LeftOut.RandomOptions.ContainsKey(extension.Name) && !missing.Contains(extension.Name))];
        _rules = topology.Tables.ToDictionary(table => table, _ => new List<string>());
        _chains = topology.Tables.ToDictionary(table => table, _ => new List<string>());
        Ipsets = MakeSets();
        _shell.Execute("ipset restore", string.Concat(Ipsets.Select(line => line + "\n")));
        foreach (string table in topology.Tables)
        {
            FillTable(table);
        }
    }

    /// <summary>The sets that rules name.</summary>
    public IReadOnlyList<string> Ipsets { get; }

    /// <summary>Commands with rules that were refused here.</summary>
    public List<string> Refused { get; } = [];

    /// <summary>The text for <c>iptables-restore</c>.</summary>
    public IReadOnlyList<string> Lines =>
        [.. _topology.Tables.SelectMany(table => (List<string>)
        [
            "*" + table, .. TableDefinition.Find(table)!.BuiltInChains.Select(chain => $":{chain} {_policies.GetValueOrDefault($"{table} {chain}", "ACCEPT")} [0:0]"),
            .. _chains[table].Select(chain => $":{chain} - [0:0]"), .. _rules[table], "COMMIT",
        ])];

    private string Tool => _source.IsIPv6 ? "ip6tables" : "iptables";

    private List<string> MakeSets()
    {
        string family = _source.IsIPv6 ? " family inet6" : "";
        List<string> lines =
        [
            "create ips hash:ip" + family, "create nets hash:net" + family, "create bm bitmap:port range 0-65535",
            "create ipp hash:ip,port" + family, "create np hash:net,port counters" + family, "create ipi hash:net,iface" + family,
        ];
        lines.AddRange(Distinct(4, () => "add ips " + _source.NextAddress()));
        lines.Add($"add nets {_topology.At(0, 0)}/{_topology.PrefixLength}");
        lines.Add($"add nets {_source.Pick(_topology.Clients)}/{_topology.Bits} nomatch");
        lines.AddRange(Distinct(3, () => $"add bm {_source.Pick(LiveTopology.Ports)}"));
        lines.AddRange(Distinct(4, () => $"add ipp {_source.NextAddress()},{_source.Pick(["tcp", "udp"])}:{_source.Pick(LiveTopology.Ports)}"));
        lines.AddRange(Distinct(2, () => $"add np {_topology.At(_source.Next(3), 0)}/{_topology.PrefixLength},{_source.Pick(["tcp", "udp"])}:{_source.Pick(LiveTopology.Ports)}"));
        lines.AddRange(Distinct(2, () => $"add ipi {_topology.At(_source.Next(3), 0)}/{_topology.PrefixLength},eth{_source.Next(3)}"));
        return lines;
    }

    private static IEnumerable<string> Distinct(int count, Func<string> make) => Enumerable.Range(0, count).Select(_ => make()).Distinct();

    private void FillTable(string table)
    {
        foreach (string hook in TableDefinition.Find(table)!.BuiltInChains)
        {
            if (_source.Percent(hook == "FORWARD" ? 5 : 30))
            {
                continue;
            }
            if (table is not "nat" && _source.Percent(3))
            {
                _policies[$"{table} {hook}"] = "DROP";
            }
            // A chain is entered from one hook only, so that rules may use what fits there.
            List<string> own = [.. Enumerable.Range(0, _source.Next(4)).Select(number => $"{table[..3]}_{hook[..3]}_{number}")];
            own.ForEach(chain => _shell.Execute([Tool, "-t", table, "-N", chain]));
            _chains[table].AddRange(own);
            for (int i = _source.Between(1, 5); i > 0; i--)
            {
                Add(table, hook, hook, own);
            }
            if (own.Count > 0)
            {
                Append(table, hook, [_source.Pick(["-j", "-j", "-g"]), own[0]]);
            }
            for (int chain = 0; chain < own.Count; chain++)
            {
                for (int i = _source.Between(1, 4); i > 0; i--)
                {
                    Add(table, own[chain], hook, own[(chain + 1)..]);
                }
            }
        }
    }

    private void Add(string table, string chain, string hook, List<string> further)
    {
        if (_source.Percent(25))
        {
            AddSample(table, chain, hook);
            return;
        }
        string words = _matches.Base(hook, out string? protocol);
        for (int i = _source.Pick([0, 0, 1, 1, 2]); i > 0; i--)
        {
            words += " " + _matches.Extension(table, hook, protocol);
        }
        bool translates = table == "nat" && _source.Percent(50);
        words += " " + (translates ? _targets.Nat(hook, protocol) : _targets.Make(table, hook, further, protocol));
        Append(table, chain, WordSplitter.SplitShell(words));
    }

    // Any extension with any options, as its declaration allows.
    private void AddSample(string table, string chain, string hook)
    {
        const int Tries = 20;
        for (int i = 0; i < Tries; i++)
        {
            ExtensionDeclaration extension = _source.Pick(_drawn);
            (string sampleTable, string sampleChain, List<string> words) = ExtensionSamples.Rule(extension, _source);
            if (sampleTable == table && sampleChain == hook)
            {
                Append(table, chain, words);
                return;
            }
        }
    }

    private void Append(string table, string chain, IReadOnlyList<string> words)
    {
        if (words.Any(LeftOut.Words.Contains))
        {
            return;
        }
        ShellResult result = _shell.Execute([Tool, "-t", table, "-A", chain, .. words]);
        string text = $"-A {chain} {string.Join(' ', words.Select(Quoted))}".TrimEnd();
        if (result.ExitCode == 0)
        {
            _rules[table].Add(text);
        }
        else if (Refused.Count < MostRefused && !words.Contains("connbytes"))
        {
            Refused.Add($"{Tool} -t {table} {text}");
        }
    }

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,!=+@%[]".Contains(c, StringComparison.Ordinal))
            ? word
            : $"\"{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
