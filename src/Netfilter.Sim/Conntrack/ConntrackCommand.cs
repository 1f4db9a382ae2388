using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// The <c>conntrack</c> tool, version 1.4.7, over the connections of a namespace: <c>-L -D -F -C -G -U -I</c>, its output
/// and exit codes (<c>conntrack(8)</c>).
/// </summary>
internal sealed class ConntrackCommand(ConnectionTracker tracker, long nowNanoseconds)
{
    private const string Version = "conntrack v1.4.7 (conntrack-tools)";
    private const ConntrackEvents AllOfUpdate = ConntrackEvents.All & ~(ConntrackEvents.New | ConntrackEvents.Related | ConntrackEvents.Destroy);

    private readonly ConntrackFilter _filter = new();
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private uint Now => ConnectionTracker.JiffiesOf(nowNanoseconds);

    /// <summary>Runs a command line.</summary>
    /// <param name="words">The words after <c>conntrack</c>.</param>
    /// <exception cref="NotSupportedException">It asks for something that is not modelled; the message says what.</exception>
    public (string Output, string Errors, int ExitCode) Run(IReadOnlyList<string> words)
    {
        try
        {
            int code = Execute(words);
            return (_output.ToString(), _errors.ToString(), code);
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException)
        {
            return ("", $"{Version}: {wrong.Message}\n", 2);
        }
    }

    private int Execute(IReadOnlyList<string> words)
    {
        (string? command, bool isExpect) = ReadWords(words);
        return (command, isExpect) switch
        {
            ("-L", true) => ListExpectations(),
            ("-L", false) => List(),
            ("-D", false) => Delete(),
            ("-F", false) => Flush(),
            ("-C", false) => Count(),
            ("-G", false) => Get(),
            ("-U", false) => Update(),
            ("-I", false) => Insert(),
            _ => throw new NotSupportedException($"conntrack {command}{(isExpect ? " expect" : "")}"),
        };
    }

    private (string? Command, bool IsExpect) ReadWords(IReadOnlyList<string> words)
    {
        string? command = null;
        bool isExpect = false;
        int i = 0;
        string Next() => i < words.Count ? words[i++] : throw new FormatException("option requires an argument");
        while (i < words.Count)
        {
            string word = words[i++];
            switch (word)
            {
                case "-L" or "-D" or "-F" or "-C" or "-G" or "-U" or "-I":
                    command = word;
                    break;
                case "--dump" or "--delete" or "--flush" or "--count" or "--get" or "--update" or "--create":
                    command = word == "--dump" ? "-L" : word == "--create" ? "-I" : $"-{char.ToUpperInvariant(word[2])}";
                    break;
                case "conntrack" or "expect":
                    isExpect = word == "expect";
                    break;
                default:
                    if (!_filter.Take(word, Next, () => i < words.Count ? words[i] : null))
                    {
                        throw new NotSupportedException($"conntrack {word}");
                    }
                    break;
            }
        }
        return (command, isExpect);
    }

    private List<ConntrackEntry> Chosen(bool byState) =>
        [.. tracker.SnapshotAll(nowNanoseconds).Where(entry => _filter.Chooses(entry) && (!byState || _filter.ChoosesState(entry)))];

    private void Print(ConntrackEntry entry)
    {
        if (_filter.Output.Contains("xml"))
        {
            throw new NotSupportedException("conntrack -o xml");
        }
        _output.Append(ConnectionText.Format(entry, _filter.Output.Contains("extended")));
        if (_filter.Output.Contains("id"))
        {
            _output.Append(CultureInfo.InvariantCulture, $" id={entry.Id + 1}");
        }
        _output.Append('\n');
    }

    private int Conclude(int count, string done)
    {
        _errors.Append(CultureInfo.InvariantCulture, $"{Version}: {count} flow entries have been {done}.\n");
        return count == 0 && done != "shown" ? 1 : 0;
    }

    private int List()
    {
        List<ConntrackEntry> chosen = Chosen(byState: true);
        chosen.ForEach(Print);
        return Conclude(chosen.Count, "shown");
    }

    private int Delete()
    {
        List<ConntrackEntry> chosen = Chosen(byState: true);
        foreach (ConntrackEntry entry in chosen)
        {
            Print(entry);
            tracker.Kill(entry.Id, null);
        }
        return Conclude(chosen.Count, "deleted");
    }

    private int Flush()
    {
        foreach (ConntrackEntry entry in tracker.SnapshotAll(nowNanoseconds))
        {
            if (_filter.Family is not { } family || entry.Original.Family == family)
            {
                tracker.Kill(entry.Id, null);
            }
        }
        _errors.Append(Version).Append(": connection tracking table has been emptied.\n");
        return 0;
    }

    private int Count()
    {
        _output.Append(CultureInfo.InvariantCulture, $"{tracker.Count}\n");
        return 0;
    }

    private int Get()
    {
        List<ConntrackEntry> chosen = Chosen(byState: false);
        if (chosen.Count == 0)
        {
            _errors.Append("Operation failed: No such file or directory\n");
            return 1;
        }
        Print(Held(chosen[0]));
        return Conclude(1, "shown");
    }

    // While the tool asks for one entry the kernel holds on to it.
    private static ConntrackEntry Held(ConntrackEntry entry) => entry with { UseCount = entry.UseCount + 1 };

    private int Update()
    {
        int updated = 0;
        foreach (ConntrackEntry entry in Chosen(byState: false))
        {
            if (!Changes(entry))
            {
                continue;
            }
            if (_filter.Family is null)
            {
                // The message names no family: ctnetlink_parse_tuple refuses it.
                _errors.Append(CultureInfo.InvariantCulture, $"Operation failed: Operation not supported\n{Version}: Operation failed: Operation not supported\n");
                return 1;
            }
            Apply(entry.Id);
            Print(Held(tracker.Snapshot(entry.Id, nowNanoseconds)));
            updated++;
        }
        return Conclude(updated, "updated");
    }

    private uint MarkAfter(uint mark) => _filter.Mark is { } wanted ? (mark & ~wanted.Mask) ^ wanted.Value : mark;

    private bool Changes(ConntrackEntry entry) => MarkAfter(entry.Mark) != entry.Mark
        || (_filter.Status is { } status && (entry.Status | status) != entry.Status)
        || (_filter.TimeoutSeconds is { } seconds && seconds != entry.TimeoutSeconds);

    private void Apply(int id)
    {
        ref ConnectionRecord record = ref tracker.Write(id);
        record.Mark = MarkAfter(record.Mark);
        bool wasFixed = record.Has(ConnectionStatus.FixedTimeout);
        record.Status |= _filter.Status ?? ConnectionStatus.None;
        if (_filter.TimeoutSeconds is { } seconds && !wasFixed)
        {
            record.Timeout = unchecked(Now + ((uint)seconds * ConntrackSettings.Hz));
        }
        SetTcpFlags(ref record);
        tracker.Listener?.OnConnection(AllOfUpdate, id, tracker);
    }

    // What the tool sends with -p tcp, whatever is asked for (libct_proto_tcp.c): both ends liberal, with SACK.
    private void SetTcpFlags(ref ConnectionRecord record)
    {
        if (_filter.Protocol == IpProtocols.Tcp)
        {
            const TcpEndpointFlags Sent = TcpEndpointFlags.BeLiberal | TcpEndpointFlags.SackPermitted;
            record.Tcp.Original.Flags |= Sent;
            record.Tcp.Reply.Flags |= Sent;
        }
    }

    private int Insert()
    {
        if (_filter.Translations.Count > 0)
        {
            throw new NotSupportedException("conntrack -I with nat");
        }
        if (_filter is not { Protocol: { } protocol, OriginalSource: { } source, OriginalDestination: { } destination })
        {
            throw new FormatException("not enough to make a connection of");
        }
        ConnectionTuple original = new(
            source.Address, destination.Address, _filter.SourcePort ?? 0, _filter.DestinationPort ?? 0, protocol);
        ConnectionTuple usual = original.Invert();
        ConnectionTuple reply = usual with
        {
            Source = _filter.ReplySource?.Address ?? usual.Source,
            Destination = _filter.ReplyDestination?.Address ?? usual.Destination,
            SourcePort = _filter.ReplySourcePort ?? usual.SourcePort,
            DestinationPort = _filter.ReplyDestinationPort ?? usual.DestinationPort,
        };
        int id = tracker.Insert(original, reply, _filter.Status ?? ConnectionStatus.None, (uint)(_filter.TimeoutSeconds ?? 0), Now);
        if (id < 0)
        {
            _errors.Append(CultureInfo.InvariantCulture, $"{Version}: Operation failed: File exists\n");
            return 1;
        }
        ref ConnectionRecord record = ref tracker.Write(id);
        record.Mark = MarkAfter(0);
        record.State = (byte)(Enum.GetValues<TcpState>().FirstOrDefault(state => ConnectionText.NameOf(state) == _filter.State));
        SetTcpFlags(ref record);
        tracker.Listener?.OnConnection(ConntrackEvents.All & ~ConntrackEvents.Destroy, id, tracker);
        Print(tracker.Snapshot(id, nowNanoseconds));
        return Conclude(1, "created");
    }

    private int ListExpectations()
    {
        int count = 0;
        foreach (Expectation expectation in tracker.Expectations(Now))
        {
            if (_filter.Family is not { } family || expectation.Tuple.Family == family)
            {
                Print(expectation);
                count++;
            }
        }
        _errors.Append(CultureInfo.InvariantCulture, $"{Version}: {count} expectations have been shown.\n");
        return 0;
    }

    private void Print(Expectation expectation)
    {
        ConnectionTuple tuple = expectation.Tuple;
        ConnectionTuple master = tracker.Original(expectation.Master);
        NetAddress allBits = new(tuple.Family, tuple.Family == IpFamily.IPv4 ? uint.MaxValue : UInt128.MaxValue);
        string? helper = expectation.Helper?.Name ?? tracker.Snapshot(expectation.Master, nowNanoseconds).Helper;
        _output.Append(CultureInfo.InvariantCulture, $"{(expectation.Deadline - Now) / ConntrackSettings.Hz} proto={tuple.Protocol} ");
        _output.Append(CultureInfo.InvariantCulture, $"src={tuple.Source} dst={tuple.Destination} sport={tuple.SourcePort} dport={tuple.DestinationPort} ");
        _output.Append(CultureInfo.InvariantCulture, $"mask-src={expectation.SourceMask} mask-dst={allBits} sport={expectation.SourcePortMask} dport=65535 ");
        _output.Append(CultureInfo.InvariantCulture, $"master-src={master.Source} master-dst={master.Destination} sport={master.SourcePort} dport={master.DestinationPort} class={expectation.Class}");
        _output.Append(expectation.IsPermanent ? " PERMANENT" : "").Append(expectation.IsInactive ? " INACTIVE" : "");
        _output.Append(helper is null ? "" : $" helper={helper}").Append('\n');
    }
}
