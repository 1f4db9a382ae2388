using System.Globalization;
using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Links;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>Plays a recorded cluster and compares what clients and servers see with what they saw then.</summary>
internal sealed partial class ClusterPlayer
{
    // How long a client waits.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.45);

    private readonly JsonElement _case;
    private readonly IRuleSource _rules;
    private readonly ClusterTopology _topology;
    private readonly Programs _programs;
    private readonly Dictionary<string, Conversation> _flows = [];
    private readonly Dictionary<string, string> _labels = [];
    private readonly HashSet<ushort> _known = [];
    private readonly bool _limitsErrors;
    private ushort _nextPort = 34000;

    /// <summary>Builds the network of a case and starts its servers.</summary>
    /// <param name="root">The case.</param>
    /// <param name="rules">Where the nodes' rules come from.</param>
    public ClusterPlayer(JsonElement root, IRuleSource rules)
    {
        _case = root;
        _rules = rules;
        _topology = new ClusterTopology(root.GetProperty("topology"));
        _programs = new Programs(_topology.Network, WalkOptions.Unwatched);
        _limitsErrors = _topology.Nodes.Any(node => _topology[node].Sysctls["net.ipv4.icmp_ratelimit"] != "0");
        foreach (JsonElement server in root.GetProperty("servers").EnumerateArray())
        {
            ushort port = server.GetProperty("port").GetUInt16();
            bool isIPv6 = server.TryGetProperty("ipv6", out JsonElement flag) && flag.GetBoolean();
            LocalSocket socket = new(ProtocolOf(server), port) { Address = isIPv6 ? "::" : "0.0.0.0" };
            _programs.Listen(_topology[Text(server, "namespace")], Text(server, "name"), socket);
            _known.Add(port);
        }
        foreach (JsonElement action in Steps.SelectMany(step => step.GetProperty("actions").EnumerateArray()))
        {
            if (action.TryGetProperty("port", out JsonElement port))
            {
                _known.Add(port.GetUInt16());
            }
        }
    }

    private IEnumerable<JsonElement> Steps => _case.GetProperty("steps").EnumerateArray();

    /// <summary>Plays the case up to its first difference.</summary>
    public CaseFailure? Play()
    {
        bool isFirst = true;
        foreach (JsonElement step in Steps)
        {
            if (_rules.Load(step, _topology) is { } wrong)
            {
                return wrong;
            }
            if (isFirst || !step.TryGetProperty("flushConntrack", out JsonElement flush) || flush.GetBoolean())
            {
                Flush(_topology.Nodes);
            }
            isFirst = false;
            foreach (JsonElement action in step.GetProperty("actions").EnumerateArray())
            {
                if (Play(action) is { } difference && !IsUnstable(action))
                {
                    string what = action.TryGetProperty("to", out JsonElement to)
                        ? $" {Text(action, "from")} -> {Text(action, "protocol")} {to}:{action.GetProperty("port")}"
                        : "";
                    return new CaseFailure(difference.Cause, $"step {Text(step, "name")}, action {Text(action, "id")} ({Text(action, "do")}{what}): {difference.Reason}");
                }
            }
        }
        return null;
    }

    private static bool IsUnstable(JsonElement item) => item.TryGetProperty("unstable", out JsonElement flag) && flag.GetBoolean();

    private static bool IsRandom(JsonElement item) => item.TryGetProperty("random", out JsonElement flag) && flag.GetBoolean();

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;

    private static string? TextOrNull(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static byte ProtocolOf(JsonElement item) => Text(item, "protocol") == "TCP" ? IpProtocols.Tcp : IpProtocols.Udp;

    private CaseFailure? Play(JsonElement action)
    {
        switch (Text(action, "do"))
        {
            case "connect":
                return action.TryGetProperty("sequential", out JsonElement sequential) && sequential.GetBoolean()
                    ? ConnectInTurn(action)
                    : _limitsErrors ? ConnectUnderLimits(action) : ConnectEveryWay(action);
            case "open":
                Conversation opened = Open(_programs, action, TextOrNull(action, "source"));
                _flows[Text(action, "flow")] = opened;
                return CompareFlow(action, opened);
            case "send":
                Conversation flow = _flows[Text(action, "flow")];
                _programs.Send(flow);
                Wait(flow);
                return CompareFlow(action, flow);
            case "close":
                _programs.Close(_flows[Text(action, "flow")]);
                _flows.Remove(Text(action, "flow"));
                return null;
            case "pairs":
                return Pairs(action);
            case "conntrackDelete":
                return DeleteConnections(action);
            case "listConntrack":
                return ListConnections(action);
            default:
                Change(action);
                return null;
        }
    }

    private void Change(JsonElement action)
    {
        switch (Text(action, "do"))
        {
            case "flushConntrack":
                Flush(action.TryGetProperty("nodes", out JsonElement nodes)
                    ? nodes.EnumerateArray().Select(node => node.GetString()!)
                    : _topology.Nodes);
                break;
            case "stopServer":
                _programs.Stop(Text(action, "server"));
                if (TextOrNull(action, "connections") is { } how)
                {
                    _programs.Hangup(Text(action, "server"), resets: how == "reset");
                }
                break;
            case "podDown":
                Unplug(_topology[Text(action, "pod")], "eth0");
                Unplug(_topology[Text(action, "node")], Text(action, "interface"));
                break;
            case "wait":
                _topology.Clock.Advance(TimeSpan.FromSeconds(action.GetProperty("seconds").GetDouble()));
                break;
            case "sysctl":
                foreach (JsonElement name in action.GetProperty("namespaces").EnumerateArray())
                {
                    ClusterTopology.SetSysctl(_topology[name.GetString()!], Text(action, "key"), action.GetProperty("value").ToString());
                }
                break;
            case var other:
                throw new NotModelledException($"action {other}");
        }
    }

    private void Unplug(NetworkNamespace host, string device)
    {
        _topology.Network.Disconnect(host, device);
        host.RemoveInterface(device);
    }

    private void Flush(IEnumerable<string> nodes)
    {
        foreach (string node in nodes)
        {
            _topology[node].FlushConnections();
        }
    }

    private ushort NextPort()
    {
        _nextPort = _nextPort < 60900 ? (ushort)(_nextPort + 1) : (ushort)34000;
        return _nextPort;
    }

    private Conversation Open(Programs programs, JsonElement action, string? source)
    {
        Conversation conversation = Start(programs, action, source, NextPort());
        Wait(conversation);
        return conversation;
    }

    private static Conversation Start(Programs programs, JsonElement action, string? source, ushort port)
    {
        NetEndpoint to = new(Text(action, "to"), action.GetProperty("port").GetUInt16());
        NetAddress? own = source is null ? (NetAddress?)null : NetAddress.Parse(source);
        return programs.Open(programs.Network.Host(Text(action, "from")), ProtocolOf(action), to, port, own);
    }

    private void Wait(Conversation conversation) => _topology.Clock.Advance(
        conversation.Outcome == ConversationOutcome.Timeout ? Patience : TimeSpan.FromMilliseconds(1));

    private static CaseFailure? CompareFlow(JsonElement action, Conversation conversation)
    {
        ClusterObservation recorded = ClusterObservation.Read(action.GetProperty("result"));
        ClusterObservation found = ClusterObservation.Of(conversation);
        bool isSame = IsRandom(action) ? recorded.Outcome == found.Outcome : recorded == found;
        return isSame ? null : new CaseFailure($"{Text(action, "do")} differs", $"recorded {recorded}, here {found}");
    }

    private CaseFailure? DeleteConnections(JsonElement action)
    {
        NetworkNamespace node = _topology[Text(action, "node")];
        int deleted = 0;
        foreach (JsonElement entry in action.GetProperty("entries").EnumerateArray())
        {
            NetAddress destination = Text(entry, "origDst");
            ushort port = entry.GetProperty("origDstPort").GetUInt16();
            NetAddress? reply = TextOrNull(entry, "replySrc") is { } text ? NetAddress.Parse(text) : (NetAddress?)null;
            byte protocol = Text(entry, "protocol") == "tcp" ? IpProtocols.Tcp : IpProtocols.Udp;
            deleted += node.DeleteConnections(connection => connection.Original.Protocol == protocol
                && connection.Original.Destination == destination && connection.Original.DestinationPort == port
                && (reply is null || connection.Reply.Source == reply));
        }
        int recorded = action.GetProperty("result").GetProperty("deleted").GetInt32();
        return deleted == recorded ? null : new CaseFailure(
            "conntrackDelete differs", string.Create(CultureInfo.InvariantCulture, $"recorded {recorded} deleted, here {deleted}"));
    }
}
