using System.Globalization;
using System.Text.Json;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Links;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>One connection as seen on every link, with the entries that it made.</summary>
internal sealed class ClusterTrace
{
    private const int MostLines = 24;

    private readonly SortedDictionary<string, List<string>> _packets = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<string>> _conntrack = new(StringComparer.Ordinal);

    /// <summary>Takes the trace of a conversation that nothing went before.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="network">Its network.</param>
    /// <param name="topology">Who is watched.</param>
    /// <param name="known">The ports that the case fixes.</param>
    /// <param name="before">Numbers of the entries that each node had before.</param>
    public ClusterTrace(
        Conversation conversation,
        Network network,
        ClusterTopology topology,
        IReadOnlySet<ushort> known,
        IReadOnlyDictionary<string, HashSet<ConnectionTuple>> before)
    {
        (string Node, ConntrackEntry Entry)[] made = [.. topology.Nodes.SelectMany(node => network.Host(node).Conntrack
            .Where(entry => !before[node].Contains(entry.Original))
            .Select(entry => (node, entry)))];
        HashSet<ushort> mine = PortsOf(conversation.Local.Port, made, known);
        ClusterPorts names = new(known);
        names.Name(conversation.Local.Port, "C");
        foreach (Hop hop in conversation.Journeys.SelectMany(journey => journey.Hops).Where(hop => topology.Watched.Contains(hop.Host.Name)))
        {
            Take(hop, mine, names);
        }
        foreach (List<string> lines in _packets.Values.Where(lines => lines.Count > MostLines))
        {
            string rest = string.Create(CultureInfo.InvariantCulture, $"... {lines.Count - 6} more");
            lines.RemoveRange(6, lines.Count - 6);
            lines.Add(rest);
        }
        foreach ((string node, ConntrackEntry entry) in made.Where(item => ClusterText.PortsOf(item.Entry).Any(mine.Contains)))
        {
            Add(_conntrack, node, ClusterText.Of(entry, names));
        }
        foreach (List<string> lines in _conntrack.Values)
        {
            lines.Sort(StringComparer.Ordinal);
        }
        Observation = ClusterObservation.Of(conversation);
    }

    /// <summary>What the client saw.</summary>
    public ClusterObservation Observation { get; }

    /// <summary>The numbers of the entries of all nodes.</summary>
    public static Dictionary<string, HashSet<ConnectionTuple>> EntriesOf(Network network, IEnumerable<string> nodes) =>
        nodes.ToDictionary(node => node, node => network.Host(node).Conntrack.Select(entry => entry.Original).ToHashSet());

    /// <summary>Whether this is the connection that was recorded: same end, same random choices.</summary>
    public bool Fits(JsonElement recorded) => FitsOutcome(recorded)
        && (Observation.Outcome == "connected" || Compare("conntrack", recorded.GetProperty("conntrack"), _conntrack) is null);

    /// <summary>Whether it ended as the recorded one did.</summary>
    public bool FitsOutcome(JsonElement recorded) => Observation.Outcome == recorded.GetProperty("outcome").GetString()
        && Observation.Backend == (recorded.TryGetProperty("backend", out JsonElement backend) ? backend.GetString() : null);

    /// <summary>The first difference, or null.</summary>
    public string? Difference(JsonElement recorded) => Compare("packets", recorded.GetProperty("packets"), _packets)
        ?? Compare("conntrack", recorded.GetProperty("conntrack"), _conntrack);

    private static HashSet<ushort> PortsOf(ushort own, (string Node, ConntrackEntry Entry)[] made, IReadOnlySet<ushort> known)
    {
        HashSet<ushort> mine = [own];
        int before;
        do
        {
            before = mine.Count;
            foreach ((_, ConntrackEntry entry) in made)
            {
                ushort[] ports = [.. ClusterText.PortsOf(entry).Where(port => !known.Contains(port))];
                if (ports.Any(mine.Contains))
                {
                    mine.UnionWith(ports);
                }
            }
        }
        while (mine.Count > before);
        return mine;
    }

    private static string? Compare(string what, JsonElement recorded, SortedDictionary<string, List<string>> found)
    {
        SortedDictionary<string, List<string>> wanted = new(StringComparer.Ordinal);
        foreach (JsonProperty place in recorded.EnumerateObject())
        {
            wanted[place.Name] = [.. place.Value.EnumerateArray().Select(line => line.GetString()!)];
        }
        foreach (string place in wanted.Keys.Union(found.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string[] left = wanted.TryGetValue(place, out List<string>? lines) ? [.. lines] : [];
            string[] right = found.TryGetValue(place, out lines) ? [.. lines] : [];
            if (!left.SequenceEqual(right))
            {
                return $"{what} at {place}\n  recorded:\n    {string.Join("\n    ", left)}\n  here:\n    {string.Join("\n    ", right)}";
            }
        }
        return null;
    }

    private static void Add(SortedDictionary<string, List<string>> lists, string place, string? line)
    {
        if (line is null)
        {
            return;
        }
        if (!lists.TryGetValue(place, out List<string>? lines))
        {
            lists[place] = lines = [];
        }
        lines.Add(line);
    }

    private void Take(Hop hop, HashSet<ushort> mine, ClusterPorts names)
    {
        void Note(string device, char way, Packet packet)
        {
            if (ClusterText.Concerns(packet, mine))
            {
                Add(_packets, $"{hop.Host.Name}/{device}", $"{way} {ClusterText.Of(packet, names)}");
            }
        }
        if (hop.Device is { } device)
        {
            Note(device, '<', hop.Packet);
        }
        foreach (EmittedPacket emitted in hop.Walk.Emitted)
        {
            Note(emitted.Device.Name, '>', emitted.Packet);
        }
        foreach (BridgedPacket bridged in hop.Walk.Bridged)
        {
            Note(bridged.Bridge.Name, bridged.IsSent ? '>' : '<', bridged.Packet);
        }
        foreach (PacketLife life in hop.Walk.Lives.Where(life => life.Cause == LifeCause.LoopedBack))
        {
            Note("lo", '<', Packet.Parse(life.Bytes.AsSpan()));
        }
    }
}
