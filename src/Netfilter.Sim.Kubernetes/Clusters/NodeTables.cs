using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>kube-proxy's hand on a node: what it runs there to put a sync in place.</summary>
/// <remarks>pkg/util/iptables of v1.36: EnsureChain, EnsureRule with Prepend, RestoreAll without flush and with
/// counters.</remarks>
public sealed class NodeTables
{
    private readonly IptablesShell _shell;
    private readonly string _program;

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
    }

    /// <summary>The node's namespace.</summary>
    public NetworkNamespace Host { get; }

    /// <summary>What the last restore was refused with; null when it was not.</summary>
    public string? LastError { get; private set; }

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
        return result.ExitCode == 0;
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
