using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Netfilter.Sim.TestKit.Kernel;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>A case being played in the real kernel: its rules are loaded, each step says what it caused.</summary>
internal sealed partial class LiveSession : IDisposable
{
    // Rules can send copies of copies round over lo for ever.
    private const int MostPackets = 2000;

    private static readonly string[] HookNames = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

    private readonly LiveMachine _machine;
    private readonly KernelCase _case;
    private readonly NetlinkSocket _netlink = new();
    private readonly PacketLog _log;
    private readonly KernelLog? _kernelLog;
    private readonly bool _isTraced;
    private readonly Dictionary<(string, uint, uint), int> _senders = [];
    private readonly byte[] _buffer = new byte[70000];

    /// <summary>Loads a case's sets and rules.</summary>
    /// <param name="machine">Its host, without rules and connections of another case.</param>
    /// <param name="case">The case.</param>
    public LiveSession(LiveMachine machine, KernelCase @case)
    {
        (_machine, _case) = (machine, @case);
        if (@case.Ipsets.Count > 0)
        {
            LiveNamespace.RunChecked(["ipset", "restore"], Text(@case.Ipsets));
        }
        (_, string errors, int code) = LiveNamespace.Run([Prefix + "-restore"], Text(@case.Ruleset));
        Loaded = new KernelRestoreResult(code) { Stderr = errors.Trim() };
        string rules = Text(@case.Ruleset);
        _isTraced = rules.Contains("-j TRACE", StringComparison.Ordinal);
        LiveNamespace.SetSysctl($"net.netfilter.nf_log.{(@case.IsIPv6 ? 10 : 2)}", _isTraced ? "nfnetlink_log" : "NONE");
        HashSet<ushort> groups = [LiveMachine.DeliveredGroup, 0, .. NflogGroup().Matches(rules).Select(match => ushort.Parse(match.Groups[1].Value, null))];
        _log = new PacketLog(groups);
        _kernelLog = @case.LogToken is null ? null : new KernelLog();
        Drain([], 0);
    }

    /// <summary>How loading the rules ended.</summary>
    public KernelRestoreResult Loaded { get; }

    private string Prefix => _case.IsIPv6 ? "ip6tables" : "iptables";

    /// <summary>Does one step.</summary>
    public KernelStepExpect Play(KernelStep step)
    {
        KernelStepExpect done = step.Op switch
        {
            "receive" => Receive(step),
            "send" => Send(step),
            "command" => Command(step),
            "sleep" => Sleep(step),
            _ => throw new LiveException($"step {step.Op} cannot be played live"),
        };
        return KernelComparer.WithState(done, Snapshot(_case.CaptureEach));
    }

    /// <summary>The state at the end.</summary>
    public KernelSnapshot End() => Snapshot(["ruleset", "conntrack", "recent", "ipset"]);

    /// <summary>Takes away rules, sets, connections and what the kernel learned, for the next case on this host.</summary>
    public void Clear()
    {
        string empty = string.Concat(KernelText.TableNames(_case.Ruleset).Select(table => $"*{table}\nCOMMIT\n"));
        LiveNamespace.RunChecked([Prefix + "-restore"], empty);
        _ = Drain([], 0);
        if (_case.Ipsets.Count > 0)
        {
            LiveNamespace.RunChecked(["ipset", "destroy"]);
        }
        ConntrackDump.Flush(_netlink);
        LiveNamespace.SetSysctlIfThere("net.netfilter.nf_conntrack_acct", "0");
        LiveNamespace.SetSysctl("net.ipv4.route.flush", "1");
        LiveNamespace.SetSysctl("net.ipv6.route.flush", "1");
    }

    public void Dispose()
    {
        foreach (int sender in _senders.Values)
        {
            LibC.Close(sender);
        }
        _kernelLog?.Dispose();
        _log.Dispose();
        _netlink.Dispose();
    }

    private static string Text(IReadOnlyList<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private KernelStepExpect Receive(KernelStep step)
    {
        byte[] packet = step.Packet;
        int file = _machine.Tuns.First(tun => tun.Name == step.Iface).File;
        string? error = LibC.Write(file, packet, packet.Length) < 0 ? LastError() : null;
        return Drain(packet, 1) with { Error = error };
    }

    private KernelStepExpect Send(KernelStep step)
    {
        byte[] packet = step.Packet;
        bool isIPv6 = packet[0] >> 4 == 6;
        IPAddress source = new(isIPv6 ? packet.AsSpan(8, 16) : packet.AsSpan(12, 4));
        IPAddress destination = new(isIPv6 ? packet.AsSpan(24, 16) : packet.AsSpan(16, 4));
        var key = (source.ToString(), step.Mark, step.Uid);
        if (!_senders.TryGetValue(key, out int sender))
        {
            sender = _senders[key] = LocalSocketFile.Raw(source, step.Mark, step.Uid);
        }
        byte[] address = LocalSocketFile.Address(destination, 0);
        string? error = LibC.SendTo(sender, packet, packet.Length, 0, address, address.Length) < 0 ? LastError() : null;
        return Drain(packet, 1) with { Error = error };
    }

    private static string LastError() => Marshal.GetLastPInvokeError() switch
    {
        1 => "EPERM",
        var other => $"E{other}",
    };

    private KernelStepExpect Sleep(KernelStep step)
    {
        Thread.Sleep(TimeSpan.FromSeconds(step.Seconds));
        return Drain([], 1);
    }

    private static KernelStepExpect Command(KernelStep step)
    {
        (_, string errors, int code) = LiveNamespace.Run([.. WordSplitter.SplitShell(step.Cmd!)]);
        return new KernelStepExpect { Rc = code, Stderr = code == 0 ? null : errors.Trim().Replace(" (legacy)", "", StringComparison.Ordinal) };
    }

    /// <summary>Everything that comes out until the kernel is quiet.</summary>
    /// <param name="cause">The packet that began it.</param>
    /// <param name="patience">Milliseconds of quiet that are enough.</param>
    private KernelStepExpect Drain(byte[] cause, int patience)
    {
        List<KernelPacket> emitted = [];
        List<KernelPacket> delivered = [];
        List<KernelNflog> logged = [];
        List<string> trace = [];
        LibC.PollFile[] files = [.. _machine.Tuns.Select(tun => tun.File).Append(_log.File).Select(file => new LibC.PollFile { File = file, Events = 1 })];
        int wait = 0;
        while (LibC.Poll(files, (ulong)files.Length, wait) > 0 || wait == 0)
        {
            wait = patience;
            foreach ((string name, int file) in _machine.Tuns)
            {
                ReadTun(name, file, cause, emitted);
            }
            foreach (LoggedPacket packet in _log.Read())
            {
                Sort(packet, cause, delivered, logged, trace);
            }
            if (emitted.Count + delivered.Count + logged.Count > MostPackets)
            {
                throw new LiveException("packets go round without end");
            }
            if (patience == 0)
            {
                break;
            }
        }
        return new KernelStepExpect
        {
            Emitted = [.. emitted.OrderBy(packet => _machine.Tuns.ToList().FindIndex(tun => tun.Name == packet.Iface))],
            Delivered = delivered,
            Nflog = logged,
            Trace = trace,
            Log = [.. (_kernelLog?.Read(_case.LogToken!) ?? []).Select(line => FreeFields.Mask(line, cause))],
        };
    }

    private void ReadTun(string name, int file, byte[] cause, List<KernelPacket> emitted)
    {
        nint length;
        while ((length = LibC.Read(file, _buffer, _buffer.Length)) > 0)
        {
            byte[] packet = _buffer[..(int)length];
            emitted.Add(new KernelPacket(name) { PacketHex = Convert.ToHexStringLower(packet), Ignore = FreeFields.Of(packet, cause) });
        }
    }

    private void Sort(LoggedPacket packet, byte[] cause, List<KernelPacket> delivered, List<KernelNflog> logged, List<string> trace)
    {
        if (packet.Group == LiveMachine.DeliveredGroup)
        {
            string device = Name(packet.In);
            if (device == "lo")
            {
                PacketFields.CompleteChecksum(packet.Packet);
            }
            delivered.Add(new KernelPacket(device)
            {
                PacketHex = Convert.ToHexStringLower(packet.Packet),
                Mark = packet.Mark,
                Ignore = FreeFields.Of(packet.Packet, cause),
            });
        }
        else if (_isTraced && packet.Group == 0 && packet.Prefix.StartsWith("TRACE:", StringComparison.Ordinal))
        {
            trace.Add(packet.Prefix[6..].Trim());
        }
        else
        {
            logged.Add(new KernelNflog(packet.Group, packet.Prefix, HookNames[packet.Hook])
            {
                In = Name(packet.In),
                Out = Name(packet.Out),
                Mark = packet.Mark,
                PacketHex = Convert.ToHexStringLower(packet.Packet),
                Ignore = FreeFields.Of(packet.Packet, cause),
            });
        }
    }

    private string Name(uint index) => _machine.Names.GetValueOrDefault(index, "");

    private KernelSnapshot Snapshot(IReadOnlyList<string> what) => new()
    {
        RulesetSaveCounters = what.Contains("ruleset") ? SavedRules() : null,
        Conntrack = what.Contains("conntrack") ? ConntrackDump.Read(_netlink, _case.IsIPv6) : null,
        Recent = what.Contains("recent") ? RecentLists() : null,
        Ipset = what.Contains("ipset") && _case.Ipsets.Count > 0 ? SavedSets() : null,
    };

    private List<string> SavedRules()
    {
        string[] lines = LiveNamespace.RunChecked([Prefix + "-save", "-c"]).Split('\n');
        return KernelText.Tables(lines, KernelText.TableNames(lines));
    }

    private static List<string> SavedSets() =>
        [.. LiveNamespace.RunChecked(["ipset", "save", "-sorted"]).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(KernelText.SetLine)
            .OrderBy(line => !line.StartsWith("create", StringComparison.Ordinal))
            .ThenBy(line => line, StringComparer.Ordinal)];

    private static Dictionary<string, IReadOnlyList<KernelRecent>>? RecentLists()
    {
        const string Folder = "/proc/thread-self/net/xt_recent";
        Dictionary<string, IReadOnlyList<KernelRecent>> lists = [];
        foreach (string file in Directory.Exists(Folder) ? Directory.GetFiles(Folder) : [])
        {
            lists[Path.GetFileName(file)] =
            [
                .. File.ReadAllLines(file).Select(line => RecentLine().Match(line)).Where(match => match.Success).Select(match =>
                    new KernelRecent(
                        match.Groups[1].Value, (int)KernelText.Number(match.Groups[2].Value), (int)KernelText.Number(match.Groups[3].Value),
                        match.Groups[4].Value.Split(',').Length))
                    .OrderBy(entry => entry.Src, StringComparer.Ordinal),
            ];
        }
        return lists.Count > 0 ? lists : null;
    }

    [GeneratedRegex(@"--nflog-group (\d+)")]
    private static partial Regex NflogGroup();

    [GeneratedRegex(@"^src=(\S+) ttl: (\d+) last_seen: \d+ oldest_pkt: (\d+) (.*)$")]
    private static partial Regex RecentLine();
}
