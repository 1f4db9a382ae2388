using Netfilter.Sim.Determinism;
using Netfilter.Sim.Sets;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>A case's host in the simulator: the one place where cases meet its API.</summary>
internal sealed class KernelHost
{
    private readonly KernelCase _case;
    private readonly ManualTimeProvider _clock = new();
    private readonly NetworkNamespace _host;

    /// <summary>Sets the host up.</summary>
    public KernelHost(KernelCase @case)
    {
        _case = @case;
        _host = new NetworkNamespace(@case.Name, _clock);
        KernelTopology.Apply(_host, @case);
    }

    private long NowNanoseconds => (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Loads the ipsets and the first ruleset.</summary>
    public KernelRestoreResult Load()
    {
        if (_case.Ipsets.Count > 0)
        {
            (_, string errors, int code) = Ipset(["restore"], string.Join('\n', _case.Ipsets) + "\n");
            if (code != 0)
            {
                return new KernelRestoreResult(code) { Stderr = errors };
            }
        }
        KernelStepExpect loaded = Restore(_case.Ruleset, noFlush: false, counters: false);
        return new KernelRestoreResult(loaded.Rc ?? 0) { Stderr = loaded.Stderr ?? "" };
    }

    /// <summary>A packet comes in.</summary>
    public KernelStepExpect Receive(string device, ReadOnlySpan<byte> linkHeader, ReadOnlySpan<byte> packet) => throw NotYet("receiving");

    /// <summary>A local process sends a packet by a raw socket.</summary>
    public KernelStepExpect Send(ReadOnlySpan<byte> packet, uint mark, uint uid) => throw NotYet("sending");

    /// <summary>Time passes.</summary>
    public KernelStepExpect Sleep(TimeSpan time)
    {
        _clock.Advance(time);
        return new KernelStepExpect();
    }

    /// <summary>A command line is run.</summary>
    public KernelStepExpect Command(string line, string? output) => throw NotYet("commands");

    /// <summary>A ruleset is restored.</summary>
    public KernelStepExpect Restore(IReadOnlyList<string> ruleset, bool noFlush, bool counters) => throw NotYet("iptables-restore");

    /// <summary>The state now.</summary>
    public KernelSnapshot Snapshot(IReadOnlyList<string> what) => new()
    {
        RulesetSaveCounters = what.Contains("ruleset") ? throw NotYet("iptables-save") : null,
        Ipset = what.Contains("ipset") ? SavedSets() : null,
    };

    private (string Output, string Errors, int ExitCode) Ipset(IReadOnlyList<string> words, string input) =>
        new IpSetCommand(_host.States, NowNanoseconds).Run(words, input);

    private List<string> SavedSets() =>
        [.. Ipset(["save", "-sorted"], "").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(KernelText.SetLine)
            .OrderBy(line => !line.StartsWith("create", StringComparison.Ordinal))
            .ThenBy(line => line, StringComparer.Ordinal)];

    private NotModelledException NotYet(string what) => new($"{what} ({_case.Family})");
}
