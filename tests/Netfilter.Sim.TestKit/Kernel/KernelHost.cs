using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Sets;
using Netfilter.Sim.Stack;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.Text;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>A case's host in the simulator: the one place where cases meet its API.</summary>
internal sealed class KernelHost
{
    /// <summary>What the recorder sees of a packet through netlink's log: an attribute's length has 16 bits.</summary>
    private const int MaxLogged = 65531;

    private readonly KernelCase _case;
    private readonly ManualTimeProvider _clock = new();
    private readonly NetworkNamespace _host;
    private readonly IptablesShell _shell;
    private readonly KernelEvents? _events;

    /// <summary>Sets the host up.</summary>
    /// <param name="case">The case.</param>
    /// <param name="chance">Who answers questions of chance.</param>
    public KernelHost(KernelCase @case, INetfilterChance chance)
    {
        _case = @case;
        _host = new NetworkNamespace(@case.Name, _clock, chance);
        _shell = new IptablesShell(_host);
        if (@case.ConntrackEvents)
        {
            _host.Tracker.Listener = _events = new KernelEvents();
        }
        KernelTopology.Apply(_host, @case);
    }

    private IpFamily Family => _case.IsIPv6 ? IpFamily.IPv6 : IpFamily.IPv4;

    private long NowNanoseconds => (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Loads the ipsets and the first ruleset.</summary>
    public KernelRestoreResult Load()
    {
        if (_case.Ipsets.Count > 0)
        {
            (_, string errors, int code) = Ipset(["restore"], Text(_case.Ipsets));
            if (code != 0)
            {
                return new KernelRestoreResult(code) { Stderr = errors };
            }
        }
        KernelStepExpect loaded = Restore(_case.Ruleset, noFlush: false, counters: false);
        return new KernelRestoreResult(loaded.Rc ?? 0) { Stderr = loaded.Stderr ?? "" };
    }

    /// <summary>A packet comes in.</summary>
    public KernelStepExpect Receive(string device, ReadOnlySpan<byte> linkHeader, ReadOnlySpan<byte> packet) =>
        Describe(_host.ReceiveFrame(device, linkHeader, packet, WalkOptions.Unwatched));

    /// <summary>A local process sends a packet by a raw socket.</summary>
    public KernelStepExpect Send(ReadOnlySpan<byte> packet, uint mark, uint uid)
    {
        var socket = new LocalSocket(IpProtocols.Raw, 0) { Mark = mark, Uid = uid, Gid = uid };
        Walk walk = _host.Send(Packet.Parse(packet), socket, WalkOptions.Unwatched);
        return Describe(walk) with { Error = walk.SendError == SendError.Permission ? "EPERM" : null };
    }

    /// <summary>Time passes.</summary>
    public KernelStepExpect Sleep(TimeSpan time)
    {
        _clock.Advance(time);
        return new KernelStepExpect();
    }

    /// <summary>A command line is run.</summary>
    public KernelStepExpect Command(string line, bool keepsOutput)
    {
        List<string> words = [.. WordSplitter.SplitShell(line)];
        (string output, string errors, int code) = Run(words, "");
        return new KernelStepExpect
        {
            Rc = code,
            Stderr = errors,
            Events = [.. (_events?.Take() ?? []).Order(StringComparer.Ordinal)],
            Stdout = keepsOutput ? output.Split('\n')[..^1] : null,
        };
    }

    /// <summary>A ruleset is restored.</summary>
    public KernelStepExpect Restore(IReadOnlyList<string> ruleset, bool noFlush, bool counters)
    {
        List<string> words = [_case.IsIPv6 ? "ip6tables-restore" : "iptables-restore"];
        words.AddRange(noFlush ? ["-n"] : []);
        words.AddRange(counters ? ["-c"] : []);
        (_, string errors, int code) = Run(words, Text(ruleset));
        return new KernelStepExpect { Rc = code, Stderr = errors };
    }

    /// <summary>The state now.</summary>
    public KernelSnapshot Snapshot(IReadOnlyList<string> what) => new()
    {
        RulesetSaveCounters = what.Contains("ruleset") ? SavedRules() : null,
        Conntrack = what.Contains("conntrack") ? Connections() : null,
        ConntrackCount = what.Contains("conntrack_count") ? _host.Tracker.Count : null,
        Expectations = what.Contains("expectations") ? Expectations() : null,
        Recent = what.Contains("recent") ? KernelRecentLists.Read(_host) : null,
        Ipset = what.Contains("ipset") ? SavedSets() : null,
        Nfacct = what.Contains("nfacct")
            ? [.. _host.AccountingObjects.Select(account => new KernelNfacctState(account.Name, account.Packets, account.Bytes)
            {
                Flags = account.Flags == 0 ? null : (uint)account.Flags,
                Quota = account.Quota,
            })]
            : null,
    };

    private static string Text(IReadOnlyList<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private (string Output, string Errors, int ExitCode) Run(List<string> words, string input)
    {
        switch (words[0])
        {
            case "ip":
                return new IpCommand(_host).Run([.. words.Skip(1)]);
            case "ipset":
                return Ipset([.. words.Skip(1)], input);
        }
        ShellResult result = _shell.Execute(words, input);
        return (result.Stdout, result.Stderr, result.ExitCode);
    }

    private string[] SavedRules() => Run([_case.IsIPv6 ? "ip6tables-save" : "iptables-save", "-c"], "").Output.Split('\n');

    private KernelStepExpect Describe(Walk walk)
    {
        foreach (PacketLife life in walk.Lives)
        {
            if (life.Fate.Kind == FateKind.Unknown)
            {
                throw new NotModelledException(life.Fate.Reason ?? "something on the way");
            }
        }
        return new KernelStepExpect
        {
            Emitted = [.. walk.Emitted.Select(emitted => new KernelPacket(emitted.Device.Name)
            {
                PacketHex = Convert.ToHexStringLower(emitted.Packet.Bytes),
                EthernetHex = HasLinkHeader(emitted.Device) ? Convert.ToHexStringLower(emitted.LinkHeader.Span) : null,
            })],
            Delivered = [.. walk.Delivered.Select(Describe)],
            Nflog = [.. walk.Nflog.Select(Describe)],
            Log = walk.Log,
            Trace = walk.TraceLines,
            Events = _events?.Take() ?? [],
        };
    }

    private static KernelPacket Describe(DeliveredPacket delivered)
    {
        byte[] packet = delivered.Packet.Bytes.ToArray();
        if (delivered.Device is not { Kind: not NetDeviceKind.Loopback })
        {
            PacketFields.CompleteChecksum(packet);
        }
        return new KernelPacket(delivered.Device?.Name ?? "lo") { PacketHex = Logged(packet), Mark = delivered.Mark };
    }

    private static KernelNflog Describe(NflogRecord record) => new(record.Group, record.Prefix, TableDefinition.ChainOf(record.Hook))
    {
        In = record.InDevice,
        Out = record.OutDevice,
        Physin = record.PhysInDevice.Length > 0 ? record.PhysInDevice : null,
        Physout = record.PhysOutDevice.Length > 0 ? record.PhysOutDevice : null,
        Mark = record.Mark,
        PacketHex = Logged(record.Packet.Bytes),
    };

    private static string Logged(ReadOnlySpan<byte> packet) => Convert.ToHexStringLower(packet[..Math.Min(packet.Length, MaxLogged)]);

    private static bool HasLinkHeader(NetDevice device) => device.Kind is not (NetDeviceKind.Tun or NetDeviceKind.Loopback);

    private List<KernelConnection> Connections() =>
        [.. _host.Tracker.SnapshotAll(NowNanoseconds).Where(entry => entry.Original.Family == Family).Select(KernelConntrack.Describe)];

    private List<KernelExpectation> Expectations()
    {
        uint now = ConnectionTracker.JiffiesOf(NowNanoseconds);
        return [.. _host.Tracker.Expectations(now)
            .Where(expectation => expectation.Tuple.Family == Family)
            .Select(expectation => new KernelExpectation(
                KernelExpectations.Line(expectation, _host.Tracker), (expectation.Deadline - now) / ConntrackSettings.Hz))];
    }

    private (string Output, string Errors, int ExitCode) Ipset(IReadOnlyList<string> words, string input) =>
        new IpSetCommand(_host.States, NowNanoseconds).Run(words, input);

    private List<string> SavedSets() =>
        [.. Ipset(["save", "-sorted"], "").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(KernelText.SetLine)
            .OrderBy(line => !line.StartsWith("create", StringComparison.Ordinal))
            .ThenBy(line => line, StringComparer.Ordinal)];
}
