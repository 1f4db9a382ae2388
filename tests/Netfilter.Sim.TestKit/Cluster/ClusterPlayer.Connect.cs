using System.Globalization;
using System.Text.Json;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Links;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>Probes: many connections of one sort.</summary>
internal sealed partial class ClusterPlayer
{
    private static readonly ExploreOptions Exploring = new() { KeepsSteps = false };

    /// <summary>All ways that a connection can go, with their exact shares.</summary>
    private CaseFailure? ConnectEveryWay(JsonElement action)
    {
        ushort port = NextPort();
        string? source = TextOrNull(action, "source");
        Dictionary<string, HashSet<ConnectionTuple>> before = ClusterTrace.EntriesOf(_topology.Network, _topology.Nodes);
        Distribution<ClusterTrace> ways = _topology.Network.Explore(
            fork => new ClusterTrace(Start(_programs.On(fork), action, source, port), fork, _topology, _known, before), Exploring);
        return CompareGroups(action, ways.GroupBy(way => way.Observation)) ?? CompareTrace(action, ways);
    }

    private static CaseFailure? CompareGroups(JsonElement action, Distribution<ClusterObservation> found)
    {
        JsonElement result = action.GetProperty("result");
        Dictionary<ClusterObservation, JsonElement> recorded = result.GetProperty("groups").EnumerateArray()
            .ToDictionary(ClusterObservation.Read, group => group);
        if (CompareSets(recorded.Keys, found.Select(outcome => outcome.Value)) is { } difference)
        {
            return difference;
        }
        double connections = result.GetProperty("connections").GetInt32();
        foreach (Outcome<ClusterObservation> outcome in found)
        {
            JsonElement group = recorded[outcome.Value];
            double share = outcome.Probability.ToDouble();
            double deviation = Math.Sqrt(connections * share * (1 - share));
            double count = group.GetProperty("count").GetInt32();
            if (group.TryGetProperty("p", out JsonElement p)
                && (Math.Abs(p.GetDouble() - share) > 0.0000501 || Math.Abs(count - (connections * share)) > 5 * deviation))
            {
                return new CaseFailure("shares differ", string.Create(
                    CultureInfo.InvariantCulture, $"{outcome.Value}: recorded {count} of {connections}, {p}; here {share}"));
            }
        }
        return null;
    }

    private static CaseFailure? CompareSets(IEnumerable<ClusterObservation> recorded, IEnumerable<ClusterObservation> found)
    {
        string left = string.Join("\n    ", recorded.Select(one => one.ToString()).Order(StringComparer.Ordinal).Distinct());
        string right = string.Join("\n    ", found.Select(one => one.ToString()).Order(StringComparer.Ordinal).Distinct());
        return left == right ? null : new CaseFailure(
            $"groups differ: {Outcomes(recorded)} recorded, {Outcomes(found)} here", $"\n  recorded:\n    {left}\n  here:\n    {right}");
    }

    private static string Outcomes(IEnumerable<ClusterObservation> all) =>
        string.Join('/', all.Select(one => one.Outcome).Distinct().Order(StringComparer.Ordinal));

    private static CaseFailure? CompareTrace(JsonElement action, Distribution<ClusterTrace> ways)
    {
        if (!action.TryGetProperty("trace", out JsonElement recorded) || IsUnstable(recorded))
        {
            return null;
        }
        ClusterTrace[] fitting = [.. ways.Select(way => way.Value).Where(way => way.Fits(recorded))];
        if (fitting.Length == 0)
        {
            fitting = [.. ways.Select(way => way.Value).Where(way => way.FitsOutcome(recorded))];
        }
        string? first = null;
        foreach (ClusterTrace way in fitting)
        {
            if (way.Difference(recorded) is not { } difference)
            {
                return null;
            }
            first ??= difference;
        }
        return new CaseFailure("traces differ", $"trace: {first ?? "no such outcome"}");
    }

    /// <summary>Where hosts tell only so many senders of an error, connections are made one after the other at one moment.</summary>
    private CaseFailure? ConnectUnderLimits(JsonElement action)
    {
        int count = action.GetProperty("result").GetProperty("connections").GetInt32();
        List<ClusterObservation> found = [];
        for (int i = 0; i < count; i++)
        {
            Conversation conversation = Start(_programs, action, TextOrNull(action, "source"), NextPort());
            found.Add(ClusterObservation.Of(conversation));
            _programs.Close(conversation);
        }
        _topology.Clock.Advance(Patience);
        return CompareSets(
            action.GetProperty("result").GetProperty("groups").EnumerateArray().Select(ClusterObservation.Read), found);
    }

    /// <summary>Connections one after the other: how many backends there are is certain, which one is not.</summary>
    private CaseFailure? ConnectInTurn(JsonElement action)
    {
        JsonElement result = action.GetProperty("result");
        List<ClusterObservation> found = [];
        for (int i = result.GetProperty("connections").GetInt32(); i > 0; i--)
        {
            Conversation conversation = Open(_programs, action, TextOrNull(action, "source"));
            found.Add(ClusterObservation.Of(conversation));
            _programs.Close(conversation);
        }
        static ClusterObservation Certain(ClusterObservation one) =>
            one with { Backend = null, Source = null, SourcePort = null, Destination = null };
        IEnumerable<ClusterObservation> recorded = result.GetProperty("groups").EnumerateArray().Select(ClusterObservation.Read);
        if (CompareSets(recorded.Select(Certain), found.Select(Certain)) is { } difference)
        {
            return difference;
        }
        int distinct = found.Where(one => one.Backend is not null).Select(one => one.Backend).Distinct().Count();
        if (distinct != result.GetProperty("distinctBackends").GetInt32())
        {
            return new CaseFailure("distinct backends differ", string.Create(
                CultureInfo.InvariantCulture, $"recorded {result.GetProperty("distinctBackends")} backends, here {distinct}"));
        }
        return CompareLabels(action, found[0].Backend ?? found[0].Outcome);
    }

    private CaseFailure? CompareLabels(JsonElement action, string first)
    {
        if (TextOrNull(action, "label") is { } label)
        {
            _labels[label] = first;
        }
        if (!action.GetProperty("result").TryGetProperty("sameBackendAs", out JsonElement same))
        {
            return null;
        }
        foreach (JsonProperty other in same.EnumerateObject())
        {
            if (other.Value.GetBoolean() && _labels[other.Name] != first)
            {
                return new CaseFailure("affinity differs", $"recorded the backend of {other.Name}, here {first} and {_labels[other.Name]}");
            }
        }
        return null;
    }

    /// <summary>Each source connects at several moments; whether it always meets one backend is certain.</summary>
    private CaseFailure? Pairs(JsonElement action)
    {
        string[] sources = [.. action.GetProperty("sources").EnumerateArray().Select(source => source.GetString()!)];
        List<ClusterObservation[]> rounds = [];
        foreach (double wait in action.GetProperty("waits").EnumerateArray().Select(wait => wait.GetDouble()).Prepend(0))
        {
            _topology.Clock.Advance(TimeSpan.FromSeconds(wait));
            rounds.Add([.. sources.Select(source => ClusterObservation.Of(Start(_programs, action, source, NextPort())))]);
            _topology.Clock.Advance(TimeSpan.FromMilliseconds(2));
        }
        JsonElement result = action.GetProperty("result");
        bool wasSame = result.GetProperty("same").GetInt32() == result.GetProperty("pairs").GetInt32();
        bool isSame = rounds[0].Zip(rounds[^1]).All(pair => pair.First.Backend == pair.Second.Backend);
        string recorded = string.Join(' ', result.GetProperty("lastBackends").EnumerateObject().Select(one => one.Name).Order(StringComparer.Ordinal));
        string found = string.Join(' ', rounds[^1].Select(one => one.Backend ?? one.Outcome).Distinct().Order(StringComparer.Ordinal));
        string outcomes = string.Join(' ', result.GetProperty("outcomes").EnumerateArray().Select(one => one.GetString()));
        string here = string.Join(' ', rounds.SelectMany(round => round).Select(one => one.Outcome).Distinct().Order(StringComparer.Ordinal));
        return wasSame == isSame && recorded == found && outcomes == here ? null : new CaseFailure(
            "pairs differ", $"recorded {(wasSame ? "same" : "changed")}, {outcomes}, {recorded}; here {(isSame ? "same" : "changed")}, {here}, {found}");
    }

    private CaseFailure? ListConnections(JsonElement action)
    {
        if (IsRandom(action))
        {
            return null;
        }
        ClusterPorts names = new(_known);
        ClusterPorts hidden = new(_known) { HidesDrawn = true };
        foreach ((string flow, Conversation conversation) in _flows)
        {
            names.Name(conversation.Local.Port, "C-" + flow);
            hidden.Name(conversation.Local.Port, "C-" + flow);
        }
        string match = TextOrNull(action, "match") ?? "";
        IEnumerable<string> nodes = action.TryGetProperty("nodes", out JsonElement list)
            ? list.EnumerateArray().Select(node => node.GetString()!)
            : _topology.Nodes;
        IEnumerable<(string Node, string Key, ConntrackEntry Entry)> entries = nodes
            .SelectMany(node => _topology[node].Conntrack.Select(entry => (node, ClusterText.Of(entry, hidden), entry)))
            .Where(item => item.Item2.Contains(match, StringComparison.Ordinal))
            .OrderBy(item => !item.Item2.Contains("C-", StringComparison.Ordinal))
            .ThenBy(item => item.node, StringComparer.Ordinal)
            .ThenBy(item => item.Item2, StringComparer.Ordinal);
        List<string> found = [.. entries.Select(item => $"{item.Node}: {ClusterText.Of(item.Entry, names)}")];
        List<string> recorded = [.. action.GetProperty("result").EnumerateObject()
            .SelectMany(node => node.Value.EnumerateArray().Select(line => $"{node.Name}: {line.GetString()}"))];
        found.Sort(StringComparer.Ordinal);
        recorded.Sort(StringComparer.Ordinal);
        return found.SequenceEqual(recorded) ? null : new CaseFailure(
            "listConntrack differs", $"\n  recorded:\n    {string.Join("\n    ", recorded)}\n  here:\n    {string.Join("\n    ", found)}");
    }
}
