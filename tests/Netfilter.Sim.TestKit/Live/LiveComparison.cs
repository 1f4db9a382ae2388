using System.Diagnostics;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>
/// Makes random rulesets and packets, plays them in the real kernel and in the simulator, and shrinks what differs. Runs on the
/// thread that calls it and leaves that in another network namespace: give it one of its own.
/// </summary>
public sealed class LiveComparison(long packets, ulong seed, TextWriter output, CancellationToken cancelled) : IDisposable
{
    private const int PacketsPerRuleset = 25;
    private const int RulesetsPerHost = 20;
    private const int Confirmations = 2;
    private const int MostShown = 20;

    // Remaining times of connections are compared with two seconds to spare.
    private static readonly TimeSpan LongestCase = TimeSpan.FromSeconds(2);
    private static readonly KernelStep Pause = new() { Op = "sleep", Seconds = 0.01 };
    private readonly Dictionary<IpFamily, HashSet<string>> _missing = [];
    private readonly LiveRecorder _recorder = new();
    private int _byChance;
    private int _slow;
    private int _unplayed;

    /// <summary>Where cases that differ are written.</summary>
    public string Folder { get; init; } = Path.Combine(Path.GetTempPath(), "netfilter-sim-live");

    /// <summary>After how many differences it ends.</summary>
    public int MostDifferences { get; init; } = 1;

    /// <summary>Differences that came again when the case was played anew.</summary>
    public int Differences { get; private set; }

    /// <summary>Differences that did not.</summary>
    public int Unrepeated { get; private set; }

    /// <summary>Packets played.</summary>
    public long Played { get; private set; }

    /// <summary>Rulesets played.</summary>
    public int Rulesets { get; private set; }

    /// <summary>Compares until the packets are played, enough differences are found or it is cancelled.</summary>
    public void Run()
    {
        FindExtensions();
        int hosts = 0;
        while (!IsOver)
        {
            LiveSource source = new(Mix(Rulesets), hosts++ % 2 == 1 ? IpFamily.IPv6 : IpFamily.IPv4);
            LiveTopology topology = LiveTopology.Make(source);
            LiveMachine machine = new(topology.Host, topology.IsIPv6);
            try
            {
                int most = topology.RemembersErrors ? 1 : RulesetsPerHost;
                for (int i = 0; i < most && !IsOver; i++)
                {
                    Compare(machine, topology);
                }
            }
            catch (LiveException exception)
            {
                _unplayed++;
                output.WriteLine($"ruleset {Rulesets} cannot be played: {exception.Message}");
                Rulesets++;
            }
            finally
            {
                _ = Task.Run(machine.Dispose);
            }
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Played} packets, {Rulesets} rulesets, {Differences} differences; {Unrepeated} did not come again; in {_byChance} chance decided and the rest was not compared; {_slow} took too long to be compared; {_unplayed} could not be played"));
    }

    /// <inheritdoc/>
    public void Dispose() => _recorder.Dispose();

    private bool IsOver => cancelled.IsCancellationRequested || Played >= packets || Differences >= MostDifferences;

    private ulong Mix(int number) => (seed * 1_000_003) + (ulong)number;

    private void FindExtensions()
    {
        using LiveNamespace probe = new();
        foreach (IpFamily family in Enum.GetValues<IpFamily>())
        {
            _missing[family] = KernelExtensions.FindMissing(family);
            if (_missing[family].Count > 0)
            {
                output.WriteLine($"{family}: this machine does not have {string.Join(", ", _missing[family].Order(StringComparer.Ordinal))}");
            }
        }
    }

    private void Compare(LiveMachine machine, LiveTopology topology)
    {
        Stopwatch watch = Stopwatch.StartNew();
        KernelCase played = Play(machine, topology);
        Rulesets++;
        if (watch.Elapsed > LongestCase)
        {
            _slow++;
            return;
        }
        if (Difference(played) is null)
        {
            return;
        }
        for (int i = 0; i < Confirmations; i++)
        {
            if (Difference(_recorder.Record(played, isFresh: true)) is { } again)
            {
                Report(played, again);
                machine.Enter();
                return;
            }
        }
        machine.Enter();
        Unrepeated++;
        output.WriteLine($"{played.Name}: a difference did not come again: {Difference(played)!.Reason}");
        Write(played);
    }

    /// <summary>Makes a case while it is played in the kernel: answers follow what came out.</summary>
    private KernelCase Play(LiveMachine machine, LiveTopology topology)
    {
        LiveSource source = new(Mix(Rulesets) ^ 0x5bd1e995, topology.IsIPv6 ? IpFamily.IPv6 : IpFamily.IPv4)
        {
            Addresses = [.. topology.Clients, .. topology.Servers, .. topology.Own],
        };
        string? token = source.Percent(75) ? string.Create(CultureInfo.InvariantCulture, $"lv{seed % 100000}-{Rulesets}-") : null;
        bool countsConnections = source.Percent(7);
        LiveRuleset ruleset = new(source, topology, token, countsConnections, _missing[source.Family]);
        KernelCase @case = new()
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"v_random-{seed}-{Rulesets}"),
            Description = "random rules and packets of the live comparison",
            Seed = seed.ToString(CultureInfo.InvariantCulture),
            Family = topology.IsIPv6 ? "ipv6" : "ipv4",
            Tags = ["live"],
            Host = topology.Host,
            Ipsets = ruleset.Ipsets,
            Ruleset = ruleset.Lines,
            LogToken = token,
            CaptureEach = source.Percent(15) ? ["conntrack"] : [],
            Steps = [],
            Expect = new KernelExpect { Steps = [] },
        };
        using LiveSession session = new(machine, @case);
        List<KernelStep> steps = [.. ruleset.Refused.Select(command => new KernelStep { Op = "command", Cmd = command })];
        List<KernelStepExpect> done = [.. steps.Select(session.Play)];
        LiveTraffic traffic = new(source, topology);
        for (int i = 0; i < PacketsPerRuleset && session.Loaded.Rc == 0; i++)
        {
            KernelStep step = traffic.Next(out LiveFlow? flow);
            steps.Add(step);
            done.Add(session.Play(step));
            flow?.Hear(step, done[^1]);
            Played++;
            if (countsConnections)
            {
                steps.Add(Pause);
                done.Add(session.Play(Pause));
            }
        }
        KernelCase recorded = LiveRecorder.Finish(@case with { Steps = steps }, session, done);
        session.Clear();
        return recorded;
    }

    /// <summary>What differs in the simulator, or null. Where chance decided there is nothing to compare.</summary>
    private CaseFailure? Difference(KernelCase recorded)
    {
        WatchedChance chance = new();
        CaseFailure? failure;
        try
        {
            failure = new KernelPlayer(recorded, chance).Play();
        }
        catch (NotModelledException exception)
        {
            failure = new CaseFailure($"not modelled: {exception.Message}");
        }
        catch (Exception exception)
        {
            failure = new CaseFailure($"{exception.GetType().Name}", exception.ToString());
        }
        if (failure is not null && chance.HasDecided)
        {
            _byChance++;
            return null;
        }
        return failure;
    }

    private void Report(KernelCase played, CaseFailure failure)
    {
        Differences++;
        output.WriteLine($"{played.Name}: {failure.Reason}");
        output.WriteLine("shrinking ...");
        KernelCase smallest = CaseShrinker.Shrink(
            played,
            smaller => !cancelled.IsCancellationRequested && DiffersLike(failure, smaller));
        smallest = _recorder.Record(smallest, isFresh: true);
        output.WriteLine($"{Difference(smallest)?.Reason ?? "(did not come again)"}");
        output.WriteLine(string.Join('\n', smallest.Ruleset.Where(line => line.StartsWith('-')).Take(MostShown)));
        Write(smallest);
    }

    private bool DiffersLike(CaseFailure failure, KernelCase smaller)
    {
        try
        {
            return Difference(_recorder.Record(smaller, isFresh: false)) is { } other && Signature(other) == Signature(failure);
        }
        catch (LiveException)
        {
            // Without the part that is gone the rest cannot be loaded: a rule without its set.
            return false;
        }
    }

    // Which rule counts wrongly matters, not how much.
    private static string Signature(CaseFailure failure) => failure.Cause != "counters"
        ? failure.Cause
        : failure.Reason.Split('\n').First(line => line.StartsWith("recorded", StringComparison.Ordinal)) is var line
            && line.IndexOf("] ", StringComparison.Ordinal) is > 0 and var end ? line[end..] : line;

    private void Write(KernelCase @case)
    {
        Directory.CreateDirectory(Folder);
        string file = Path.Combine(Folder, @case.Name + ".json");
        File.WriteAllBytes(file, @case.ToUtf8());
        output.WriteLine($"written to {file}");
    }
}
