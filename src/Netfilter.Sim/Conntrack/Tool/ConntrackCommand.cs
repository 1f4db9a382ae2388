using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Tool;

/// <summary>Runs command lines of the conntrack tool (1.4.7) against a namespace.</summary>
internal sealed class ConntrackCommand(NetworkNamespace host)
{
    private const string Program = "conntrack v1.4.7 (conntrack-tools): ";

    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private ConnectionTracker Tracker => host.Tracker;

    private uint Now => ConnectionTracker.JiffiesOf(host.NowNanoseconds);

    /// <summary>Runs a command line.</summary>
    /// <param name="words">The arguments, without the program's name.</param>
    public (string Output, string Errors, int ExitCode) Run(IReadOnlyList<string> words)
    {
        int exit;
        try
        {
            exit = Run(ConntrackArguments.Parse(words));
        }
        catch (ConntrackToolException failure)
        {
            _errors.Append(Program).Append(failure.Message).Append('\n');
            _errors.Append(failure.IsUsage ? "Try `conntrack -h' or 'conntrack --help' for more information.\n" : "");
            exit = failure.IsUsage ? 2 : 1;
        }
        Tracker.EndWalk();
        return (_output.ToString(), _errors.ToString(), exit);
    }

    /// <summary>The number that the tool shows for a connection.</summary>
    public static uint IdOf(ConntrackEntry entry) => unchecked(((uint)entry.Id * 2654435761) + 1);

    private int Run(ConntrackArguments arguments)
    {
        Tracker.CollectExpired(Now);
        Tracker.ForgetExpired(Now);
        switch (arguments.Command, arguments.IsAboutExpectations)
        {
            case ("--dump", false):
                return List(arguments);
            case ("--dump", true):
                return ListExpectations(arguments);
            case ("--get", false):
                return Get(arguments);
            case ("--delete", false):
                return Delete(arguments);
            case ("--update", false):
                return Update(arguments);
            case ("--create", false):
                return Create(arguments);
            case ("--flush", false):
                Selected(arguments, readsValues: false).ForEach(entry => Tracker.Kill(entry.Id, null));
                _errors.Append(Program).Append("connection tracking table has been emptied.\n");
                return 0;
            case ("--flush", true):
                Tracker.ForgetAllExpectations();
                _errors.Append(Program).Append("expectation table has been emptied.\n");
                return 0;
            case ("--count", false):
                _output.Append(CultureInfo.InvariantCulture, $"{Tracker.Count}\n");
                return 0;
            case ("--count", true):
                _output.Append(CultureInfo.InvariantCulture, $"{Tracker.Expectations(Now).Count()}\n");
                return 0;
            default:
                throw ConntrackToolException.Failed("Operation not supported");
        }
    }

    private List<ConntrackEntry> Selected(ConntrackArguments arguments, bool readsValues) =>
        [.. Tracker.SnapshotAll(host.NowNanoseconds).Where(entry => ConntrackFilter.Accepts(entry, arguments, readsValues))];

    private int List(ConntrackArguments arguments)
    {
        List<ConntrackEntry> entries = Selected(arguments, readsValues: true);
        bool isXml = arguments.Outputs("xml");
        _output.Append(isXml ? ConntrackXml.Header : "");
        entries.ForEach(entry => Print(entry, arguments));
        _output.Append(isXml ? ConntrackXml.Footer : "");
        return Report(entries.Count, "shown", failsWhenNone: false);
    }

    private int ListExpectations(ConntrackArguments arguments)
    {
        List<Expectation> expectations = [.. Tracker.Expectations(Now)
            .Where(expectation => (arguments.Family ?? expectation.Tuple.Family) == expectation.Tuple.Family)];
        foreach (Expectation expectation in expectations)
        {
            _output.Append(ExpectationText.Format(expectation, Tracker, Now)).Append('\n');
        }
        _errors.Append(CultureInfo.InvariantCulture, $"{Program}{expectations.Count} expectations have been shown.\n");
        return 0;
    }

    private int Get(ConntrackArguments arguments)
    {
        int reference = Tracker.Table.Find(TupleOf(arguments), default, Now);
        if (reference < 0)
        {
            throw ConntrackToolException.Failed("such conntrack doesn't exist");
        }
        Print(Held(reference >> 1), arguments);
        return Report(1, "shown", failsWhenNone: true);
    }

    private int Delete(ConntrackArguments arguments)
    {
        List<ConntrackEntry> entries = Selected(arguments, readsValues: true);
        foreach (ConntrackEntry entry in entries)
        {
            Print(entry, arguments);
            Tracker.Kill(entry.Id, null);
        }
        return Report(entries.Count, "deleted", failsWhenNone: true);
    }

    private int Update(ConntrackArguments arguments)
    {
        int count = 0;
        foreach (ConntrackEntry entry in Selected(arguments, readsValues: false))
        {
            uint mark = arguments.Mark() is { } given ? (entry.Mark & ~given.Mask) ^ given.Value : entry.Mark;
            ConnectionStatus status = entry.Status | (arguments.Status() ?? ConnectionStatus.None);
            uint seconds = arguments.Number("--timeout") ?? (uint)entry.TimeoutSeconds;
            TcpState? state = arguments.State() ?? entry.TcpState;
            if (mark == entry.Mark && status == entry.Status && seconds == entry.TimeoutSeconds && state == entry.TcpState)
            {
                continue;
            }
            if (arguments.Family is null)
            {
                // The tool asks without a family then, which the kernel does not take.
                _errors.Append("Operation failed: Operation not supported\n");
                throw ConntrackToolException.Failed("Operation not supported");
            }
            if (arguments.Protocol == IpProtocols.Tcp)
            {
                Tracker.BeLiberal(entry.Id, arguments.State());
            }
            Tracker.Change(entry.Id, mark, status, state, arguments.Number("--timeout"), Now);
            Print(Held(entry.Id), arguments);
            count++;
        }
        return Report(count, "updated", failsWhenNone: true);
    }

    private int Create(ConntrackArguments arguments)
    {
        ConnectionTuple original = TupleOf(arguments);
        ConnectionTuple reply = original.Invert();
        reply = reply with
        {
            Source = arguments.Prefix("--reply-src")?.Address ?? reply.Source,
            Destination = arguments.Prefix("--reply-dst")?.Address ?? reply.Destination,
            SourcePort = arguments.Port("--reply-port-src") ?? reply.SourcePort,
            DestinationPort = arguments.Port("--reply-port-dst") ?? reply.DestinationPort,
        };
        if (Tracker.Settings.Max > 0 && Tracker.Count >= Tracker.Settings.Max)
        {
            throw ConntrackToolException.Failed("not enough memory");
        }
        NewConnection connection = new(original, reply)
        {
            TimeoutSeconds = arguments.Number("--timeout") ?? 0,
            Mark = arguments.Mark()?.Value ?? 0,
            Status = arguments.Status() ?? ConnectionStatus.None,
            State = arguments.State(),
            SourceNat = Range(arguments.Text("--src-nat")),
            DestinationNat = Range(arguments.Text("--dst-nat")),
        };
        if (Tracker.Create(connection, host.Context, Now) < 0)
        {
            throw ConntrackToolException.Failed("Such conntrack exists, try -U to update");
        }
        return Report(1, "created", failsWhenNone: true);
    }

    private static NatRange? Range(string? text)
    {
        if (text is null)
        {
            return null;
        }
        (NetAddress? address, ushort? port) = ConntrackFilter.Target(text);
        NatRange range = new(NatRangeFlags.None);
        range = address is { } given ? NatRange.Of(given) : range;
        return port is { } number
            ? range with { Flags = range.Flags | NatRangeFlags.ProtocolSpecified, MinPort = number, MaxPort = number }
            : range;
    }

    private static ConnectionTuple TupleOf(ConntrackArguments arguments)
    {
        NetAddress source = arguments.Prefix("--orig-src")?.Address ?? new NetAddress(arguments.Family ?? IpFamily.IPv4, 0);
        NetAddress destination = arguments.Prefix("--orig-dst")?.Address ?? new NetAddress(source.Family, 0);
        byte protocol = arguments.Protocol ?? throw ConntrackToolException.Usage("You need to supply a protocol");
        if (protocol is IpProtocols.Icmp or IpProtocols.IcmpV6)
        {
            uint typeAndCode = ((arguments.Number("--icmp-type") ?? 0) << 8) | (arguments.Number("--icmp-code") ?? 0);
            return new ConnectionTuple(source, destination, (ushort)(arguments.Number("--icmp-id") ?? 0), (ushort)typeAndCode, protocol);
        }
        return new ConnectionTuple(
            source, destination, arguments.Port("--orig-port-src") ?? 0, arguments.Port("--orig-port-dst") ?? 0, protocol);
    }

    /// <summary>A connection while the kernel looks at it: one more holds on to it.</summary>
    private ConntrackEntry Held(int id)
    {
        ConntrackEntry entry = Tracker.Snapshot(id, host.NowNanoseconds);
        return entry with { UseCount = entry.UseCount + 1 };
    }

    private void Print(ConntrackEntry entry, ConntrackArguments arguments)
    {
        if (arguments.Outputs("xml"))
        {
            _output.Append(ConntrackXml.Format(entry)).Append('\n');
            return;
        }
        _output.Append(ConnectionText.Format(entry, arguments.Outputs("extended"), arguments.Outputs("ktimestamp")));
        if (arguments.Outputs("id"))
        {
            _output.Append(CultureInfo.InvariantCulture, $" id={IdOf(entry)}");
        }
        _output.Append('\n');
    }

    private int Report(int count, string what, bool failsWhenNone)
    {
        _errors.Append(CultureInfo.InvariantCulture, $"{Program}{count} flow entries have been {what}.\n");
        return count == 0 && failsWhenNone ? 1 : 0;
    }
}
