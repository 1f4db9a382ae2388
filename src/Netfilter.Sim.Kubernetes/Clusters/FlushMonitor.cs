using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>kube-proxy's watch for somebody who flushes its rules: empty chains whose absence tells.</summary>
/// <remarks>pkg/util/iptables/iptables.go Monitor: only the chain in mangle is looked for, every sync period; once it is gone,
/// the others are waited for, so that a flush that is still going on does not meet new rules.</remarks>
internal sealed class FlushMonitor
{
    private const string WatchedTable = "mangle";

    private static readonly string[] OtherTables = [KubeChains.Nat, KubeChains.Filter];
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PatienceTime = TimeSpan.FromSeconds(5);

    private readonly IptablesShell _shell;
    private readonly string _program;
    private readonly TimeSpan _period;
    private DateTimeOffset? _goneSince;

    public FlushMonitor(NetworkNamespace host, Objects.IPFamily family, TimeSpan period, DateTimeOffset now)
    {
        _shell = new IptablesShell(host);
        _program = family == Objects.IPFamily.IPv4 ? "iptables" : "ip6tables";
        _period = period;
        Begin(now);
    }

    /// <summary>When it looks next.</summary>
    public DateTimeOffset NextCheck { get; private set; }

    /// <summary>Looks; returns whether the rules were flushed and are to be written anew.</summary>
    public bool Check(DateTimeOffset now)
    {
        if (_goneSince is null && Has(WatchedTable))
        {
            NextCheck = now + _period;
            return false;
        }
        _goneSince ??= now;
        if (Array.Exists(OtherTables, Has) && now - _goneSince < PatienceTime)
        {
            NextCheck = now + PollTime;
            return false;
        }
        Begin(now);
        return true;
    }

    private void Begin(DateTimeOffset now)
    {
        _goneSince = null;
        NextCheck = now + _period;
        foreach (string table in OtherTables.Prepend(WatchedTable))
        {
            _shell.Execute([_program, "-t", table, "-N", KubeChains.Canary]);
        }
    }

    private bool Has(string table) => _shell.Execute([_program, "-t", table, "-S", KubeChains.Canary]).ExitCode == 0;
}
