using System.Globalization;
using Netfilter.Sim;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Exploration;
using Netfilter.Sim.Links;
using Netfilter.Sim.Packets;

namespace KindCluster;

/// <summary>What a person does who studies kube-proxy's iptables mode on a kind cluster, one scene after the other.</summary>
internal sealed class Scenes(TextWriter output)
{
    private const string NetPod = "10.10.0.5";
    private const string Client = "172.18.0.1";
    private const string ClusterIp = "10.200.1.52:9000";
    private const int NodePort = 32518;

    private readonly KindNetwork _kind = new(seed: 2);
    private int _nextPort = 40000;

    /// <summary>One SYN from net-pod to the ClusterIP, rule by rule, and the answer's way back.</summary>
    public void ExplainOneConnection()
    {
        Title("1. net-pod opens a connection to the ClusterIP 10.200.1.52:9000");
        _kind.Load("1-clusterip");
        Journey syn = Open("net-pod", NetPod, ClusterIp);
        output.WriteLine("The SYN:");
        output.WriteLine(syn.Explain());
        output.WriteLine("The SYN-ACK:");
        output.WriteLine(Answer(syn)!.Explain());
    }

    /// <summary>The exact share of each pod, and a sample of 100 requests.</summary>
    public void SpreadOverPods()
    {
        Title("2. Which pod answers?");
        Shares(_kind["myk8s-control-plane"], "veth-net-pod", NetPod, ClusterIp);
        Requests(100, "net-pod", NetPod, ClusterIp);
    }

    /// <summary>Session affinity for three hours.</summary>
    public void StickToOnePod()
    {
        Title("3. sessionAffinity: ClientIP, timeoutSeconds: 10800");
        _kind.Load("2-session-affinity");
        output.WriteLine("Before the first request:");
        Shares(_kind["myk8s-control-plane"], "veth-net-pod", NetPod, ClusterIp);
        Requests(100, "net-pod", NetPod, ClusterIp);
        output.WriteLine("After them:");
        Shares(_kind["myk8s-control-plane"], "veth-net-pod", NetPod, ClusterIp);
        _kind.Clock.Advance(TimeSpan.FromSeconds(10_799));
        output.WriteLine("10,799 s after the last request:");
        Shares(_kind["myk8s-control-plane"], "veth-net-pod", NetPod, ClusterIp);
        _kind.Clock.Advance(TimeSpan.FromSeconds(2));
        output.WriteLine("10,801 s after the last request:");
        Shares(_kind["myk8s-control-plane"], "veth-net-pod", NetPod, ClusterIp);
    }

    /// <summary>A client outside, a node port, and a pod on another node.</summary>
    public void EnterByNodePort()
    {
        Title("4. A client outside calls 172.18.0.2:32518; no pod of the service is on that node");
        _kind.Load("3-nodeport");
        string service = Text($"172.18.0.2:{NodePort}");
        Shares(_kind["myk8s-control-plane"], "eth0", Client, service);
        Journey syn = Open("client", Client, service);
        output.WriteLine("There:");
        Path(syn);
        output.WriteLine("And back:");
        Path(Answer(syn)!);
        output.WriteLine("The entry node's connection:");
        Entries(_kind["myk8s-control-plane"], Text($"dport={NodePort}"));
    }

    /// <summary>externalTrafficPolicy: Local, with a pod on the entry node and without.</summary>
    public void KeepTheClientAddress()
    {
        Title("5. externalTrafficPolicy: Local");
        _kind.Load("4-external-traffic-policy-local");
        Journey local = Open("client", Client, Text($"172.18.0.3:{NodePort}"));
        output.WriteLine("By a node that has a pod:");
        Path(local);
        (NetworkNamespace pod, DeliveredPacket seen) = local.Delivered.Single();
        output.WriteLine($"  {pod.Name} sees the client as {seen.Packet.Source}");
        output.WriteLine("By a node without a pod:");
        Journey lost = Open("client", Client, Text($"172.18.0.2:{NodePort}"));
        Path(lost);
    }

    /// <summary>The slice that a person wrote, after the controller's own has gone.</summary>
    public void ReplaceTheEndpointSlice()
    {
        Title("6. The hand-made EndpointSlice alone: 10.10.3.3 and 10.10.2.3");
        _kind.Load("5-custom-endpointslice-only");
        string service = Text($"172.18.0.2:{NodePort}");
        Shares(_kind["myk8s-control-plane"], "eth0", Client, service);
        Requests(100, "client", Client, service);
    }

    private Journey Open(string host, string from, string to, WalkOptions? options = null) => _kind.Network.Send(
        _kind[host], Packet.Tcp(Text($"{from}:{_nextPort++}"), to, TcpFlags.Syn), options: options);

    // The pod's server answers; its kernel would do the same.
    private Journey? Answer(Journey syn)
    {
        foreach ((NetworkNamespace host, DeliveredPacket delivered) in syn.Delivered)
        {
            Packet request = delivered.Packet;
            Packet reply = new PacketBuilder
            {
                Source = request.Destination,
                Destination = request.Source,
                SourcePort = request.DestinationPort!.Value,
                DestinationPort = request.SourcePort!.Value,
                TcpFlags = TcpFlags.Syn | TcpFlags.Ack,
                Sequence = 1000,
                Acknowledgement = request.TcpSequence + 1,
            }.Build();
            return _kind.Network.Send(host, reply);
        }
        return null;
    }

    private void Shares(NetworkNamespace node, string device, string from, string to)
    {
        Distribution<Walk> all = node.Explore(device, Packet.Tcp(Text($"{from}:{_nextPort}"), to, TcpFlags.Syn));
        foreach (Outcome<string> share in all.GroupBy(BackendOf))
        {
            output.WriteLine(Text($"  {share.Value,-28} {share.Probability} = {share.Probability.ToDouble():F11}"));
        }
    }

    private static string BackendOf(Walk walk) => walk.Emitted.Length == 0
        ? walk.Fate.ToString()
        : Text($"{KindNetwork.NameOf(walk.Emitted[0].Packet.Destination.ToString())} {walk.Emitted[0].Packet.Destination}");

    private void Requests(int count, string host, string from, string to)
    {
        SortedDictionary<string, int> byPod = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            Journey syn = Open(host, from, to, WalkOptions.Unwatched);
            string pod = syn.Delivered.Select(delivered => delivered.Host.Name).FirstOrDefault("nobody");
            byPod[pod] = byPod.GetValueOrDefault(pod) + 1;
        }
        output.WriteLine(Text($"  {count} requests:"));
        foreach ((string pod, int times) in byPod)
        {
            output.WriteLine(Text($"    {pod,-16} {times,4}  {new string('#', times / 2)}"));
        }
    }

    private void Path(Journey journey)
    {
        foreach (Hop hop in journey.Hops)
        {
            output.WriteLine($"  {hop.Host.Name}{(hop.Device is null ? "" : ", in by " + hop.Device)}: {hop.Walk.Fate}");
            foreach (EmittedPacket packet in hop.Walk.Emitted)
            {
                output.WriteLine($"    {packet.Device}: {packet.Packet}");
            }
        }
    }

    private void Entries(NetworkNamespace node, string containing)
    {
        foreach (string line in node.Conntrack.Select(entry => entry.ToString()!).Where(line => line.Contains(containing, StringComparison.Ordinal)))
        {
            output.WriteLine("  " + line);
        }
    }

    private void Title(string text)
    {
        output.WriteLine();
        output.WriteLine(text);
        output.WriteLine(new string('=', text.Length));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
