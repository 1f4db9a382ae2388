using Netfilter.Sim.Conntrack;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Listens to connections that begin, change and end, and keeps lines in the form of the record.</summary>
internal sealed class KernelEvents : IConntrackListener
{
    private List<string> _lines = [];

    public void OnConnection(ConntrackEvents events, int id, ConnectionTracker tracker)
    {
        string kind = (events & ConntrackEvents.Destroy) != 0 ? "DESTROY"
            : (events & (ConntrackEvents.New | ConntrackEvents.Related)) != 0 ? "NEW" : "UPDATE";
        ConntrackEntry entry = tracker.Snapshot(id, 0);
        if (kind == "UPDATE" && (events & ConntrackEvents.ProtocolInfo) == 0)
        {
            entry = entry with { TcpState = null, SctpState = null };
        }
        _lines.Add(ConnectionText.Event(kind, entry));
    }

    public void OnExpectation(bool isNew, Expectation expectation, ConnectionTracker tracker) =>
        _lines.Add($"[EXPECT_{(isNew ? "NEW" : "DESTROY")}] {KernelExpectations.Line(expectation, tracker)}");

    /// <summary>The lines since the last call.</summary>
    public IReadOnlyList<string> Take()
    {
        IReadOnlyList<string> taken = _lines;
        _lines = [];
        return taken;
    }
}
