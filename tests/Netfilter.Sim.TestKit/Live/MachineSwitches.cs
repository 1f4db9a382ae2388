namespace Netfilter.Sim.TestKit.Live;

/// <summary>
/// Switches of the whole machine that a live comparison sets, and puts back when it is disposed of. A switch that has the
/// wanted value already is left alone then, too: somebody else set it and will put it back.
/// </summary>
public sealed class MachineSwitches : IDisposable
{
    /// <summary>Log lines of rules in namespaces; quick grace periods, without which namespaces take long to go.</summary>
    public static readonly IReadOnlyList<string> Needed =
        ["/proc/sys/net/netfilter/nf_log_all_netns", "/sys/kernel/rcu_expedited"];

    private readonly List<(string File, string Before)> _changed = [];
    private readonly Lock _lock = new();

    /// <summary>Switches files to 1; those that do not exist are passed over.</summary>
    public MachineSwitches(IEnumerable<string> files)
    {
        foreach (string file in files.Where(File.Exists))
        {
            string before = File.ReadAllText(file).Trim();
            if (before != "1")
            {
                File.WriteAllText(file, "1\n");
                _changed.Add((file, before));
            }
        }
    }

    /// <summary>Puts back what was changed. Calling it again does nothing.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach ((string file, string before) in _changed)
            {
                File.WriteAllText(file, before + "\n");
            }
            _changed.Clear();
        }
    }
}
