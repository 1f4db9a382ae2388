using System.Text.Json;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Plays cases in the real kernel and writes down what happened. Cases of one host follow each other on it.</summary>
internal sealed class LiveRecorder : IDisposable
{
    private static readonly Lazy<JsonElement> Environment = new(() => JsonSerializer.SerializeToElement(new Dictionary<string, string>
    {
        ["kernel"] = System.Environment.OSVersion.Version.ToString(3),
        ["iptables"] = LiveNamespace.Run(["iptables-legacy", "--version"]).Output.Trim(),
        ["ipset"] = LiveNamespace.Run(["ipset", "--version"]).Output.Split(',')[0].Trim(),
    }));

    private KernelHostSetup? _host;
    private LiveMachine? _machine;

    /// <summary>Plays a whole case.</summary>
    /// <param name="case">The case.</param>
    /// <param name="isFresh">Whether on a host that no other case has used.</param>
    public KernelCase Record(KernelCase @case, bool isFresh)
    {
        if (isFresh || !ReferenceEquals(_host, @case.Host))
        {
            Dispose();
            _machine = new LiveMachine(@case.Host, @case.IsIPv6);
            _host = @case.Host;
        }
        _machine!.Enter();
        using LiveSession session = new(_machine, @case);
        KernelCase recorded = Finish(@case, session, [.. @case.Steps.Select(session.Play)]);
        session.Clear();
        return recorded;
    }

    /// <summary>The case with what happened.</summary>
    public static KernelCase Finish(KernelCase @case, LiveSession session, IReadOnlyList<KernelStepExpect> steps)
    {
        KernelSnapshot end = session.End();
        return @case with
        {
            Environment = Environment.Value,
            Expect = new KernelExpect
            {
                Steps = steps,
                Restore = session.Loaded.Rc == 0 ? null : session.Loaded,
                RulesetSaveCounters = end.RulesetSaveCounters,
                Conntrack = end.Conntrack,
                Recent = end.Recent,
                Ipset = end.Ipset,
            },
        };
    }

    /// <summary>Lets the host go.</summary>
    public void Dispose()
    {
        if (_machine is { } machine)
        {
            // Devices take long to go; nobody has to wait for it.
            _ = Task.Run(machine.Dispose);
        }
        (_machine, _host) = (null, null);
    }
}
