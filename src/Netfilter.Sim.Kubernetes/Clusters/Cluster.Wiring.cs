using System.Globalization;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Kubernetes.Objects;
using Netfilter.Sim.Links;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Kubernetes.Clusters;

/// <summary>Namespaces, cables, routes and servers.</summary>
public sealed partial class Cluster
{
    private readonly Dictionary<string, NetworkNamespace> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Node, string Veth)> _cables = new(StringComparer.Ordinal);
    private readonly HashSet<(string Host, byte Protocol, int Port)> _listening = [];
    private readonly HashSet<string> _routedAddresses = new(StringComparer.Ordinal);
    private int _nextCable;

    private NetworkNamespace? FindHost(string name) =>
        _hosts.GetValueOrDefault(name) ?? _hosts.GetValueOrDefault("default/" + name);

    private NetworkNamespace AddHost(string name)
    {
        NetworkNamespace host = new(name, Clock, new SeededChance(_seed + (ulong)_hosts.Count));
        _hosts.Add(name, host);
        return host;
    }

    private void BuildNodes()
    {
        List<(NetworkNamespace Host, string Device)> ethernet = [];
        NetworkNamespace outside = AddHost(Outside);
        outside.AddInterface("eth0", NetDeviceKind.Ethernet, [.. State.Networks.Nodes.AsEnumerable().Select(Gateway)]);
        ethernet.Add((outside, "eth0"));
        foreach (Node node in State.Nodes)
        {
            NetworkNamespace host = AddHost(node.Metadata.Name);
            host.AddInterface("eth0", NetDeviceKind.Ethernet, [.. AddressesOf(node).Select(OnNodeNetwork)]);
            host.Sysctls["net.ipv4.ip_forward"] = "1";
            host.Sysctls["net.ipv6.conf.all.forwarding"] = "1";
            ConfigureByKubeProxy(node, host);
            host.Sysctls["net.ipv4.conf.all.send_redirects"] = "0";
            host.Sysctls["net.ipv4.conf.eth0.send_redirects"] = "0";
            ethernet.Add((host, "eth0"));
        }
        foreach (Node node in State.Nodes)
        {
            AddRoutes(node);
        }
        Network.Connect([.. ethernet]);
        foreach (Node node in State.Nodes)
        {
            IEnumerable<IPFamily> families = State.Networks.Nodes.AsEnumerable().Select(FamilyOf).Distinct();
            _proxies[node.Metadata.Name] = [.. families.Select(family => new NodeProxy(
                State.AddProxier(node.Metadata.Name, Clock, family), this[node.Metadata.Name], State.ProxyConfiguration, Clock))];
        }
    }

    // What kube-proxy writes at its start.
    private void ConfigureByKubeProxy(Node node, NetworkNamespace host)
    {
        KubeProxierSettings settings = KubeProxierSettings.From(State.ProxyConfiguration, node, IPFamily.IPv4);
        if (settings.LocalhostNodePortsEnabled)
        {
            host.Sysctls["net.ipv4.conf.all.route_localnet"] = "1";
        }
        if (settings.ConntrackTcpBeLiberal)
        {
            host.Sysctls["net.netfilter.nf_conntrack_tcp_be_liberal"] = "1";
        }
    }

    private static IPFamily FamilyOf(string text) =>
        text.Contains(':', StringComparison.Ordinal) ? IPFamily.IPv6 : IPFamily.IPv4;

    private static IEnumerable<string> AddressesOf(Node node) =>
        node.Addresses.AsEnumerable().Where(address => address.Type == "InternalIP").Select(address => address.Address);

    // The first address of a network.
    private static string First(string network) =>
        KubePrefix.TryParse(network, out KubePrefix prefix) ? prefix.Network.Plus(1).ToString() : throw new FormatException($"\"{network}\" is not a network");

    private static string Gateway(string network) => First(network) + network[network.IndexOf('/', StringComparison.Ordinal)..];

    private static string Alone(string address) => address + (FamilyOf(address) == IPFamily.IPv4 ? "/32" : "/128");

    private string OnNodeNetwork(string address)
    {
        string? network = State.Networks.Nodes.AsEnumerable().FirstOrDefault(known => FamilyOf(known) == FamilyOf(address));
        return network is null ? Alone(address) : address + network[network.IndexOf('/', StringComparison.Ordinal)..];
    }

    // The default route leads outside, other nodes' pods are behind their nodes.
    private void AddRoutes(Node node)
    {
        NetworkNamespace host = this[node.Metadata.Name];
        foreach (string network in State.Networks.Nodes)
        {
            host.Routes.Add($"{(FamilyOf(network) == IPFamily.IPv4 ? "0.0.0.0/0" : "::/0")} via {First(network)} dev eth0");
        }
        foreach (Node other in State.Nodes.Where(other => other.Metadata.Name != node.Metadata.Name))
        {
            foreach (string network in other.PodCIDRs)
            {
                if (AddressesOf(other).FirstOrDefault(address => FamilyOf(address) == FamilyOf(network)) is { } via)
                {
                    host.Routes.Add($"{network} via {via} dev eth0");
                }
            }
        }
    }

    /// <summary>Makes hosts and servers follow the objects, and tells every kube-proxy that there may be news.</summary>
    private void Follow()
    {
        HashSet<string> present = [.. State.Pods.Select(pod => pod.Key.ToString())];
        foreach (string gone in _cables.Keys.Where(name => !present.Contains(name)).ToArray())
        {
            RemovePod(gone);
        }
        foreach (Pod pod in State.Pods.Where(pod => pod is { Spec: { NodeName: not null, HostNetwork: false }, Status.PodIPs.Count: > 0 }))
        {
            if (!_cables.ContainsKey(pod.Key.ToString()))
            {
                AddPod(pod);
            }
        }
        StartServers();
        ServeHealthChecks();
        RouteServiceAddresses();
        foreach (NodeProxy proxy in _proxies.Values.SelectMany(list => list))
        {
            proxy.Notice();
        }
    }

    // The ptp plug-in: a cable for each pod, the gateway's address on every one of them, a route for one address.
    private void AddPod(Pod pod)
    {
        string name = pod.Key.ToString();
        Node home = State.FindNode(pod.Spec.NodeName!)!;
        NetworkNamespace node = this[home.Metadata.Name];
        NetworkNamespace host = AddHost(name);
        string veth = string.Create(CultureInfo.InvariantCulture, $"veth{_nextCable++:x8}");
        host.AddInterface("eth0", NetDeviceKind.Veth, [.. pod.Status.PodIPs.AsEnumerable().Select(Alone)]);
        string[] gateways = [.. home.PodCIDRs.AsEnumerable().Select(First)];
        node.AddInterface(veth, NetDeviceKind.Veth, [.. gateways.Select(Alone)]);
        node.Sysctls[$"net.ipv4.conf.{veth}.send_redirects"] = "0";
        foreach (string address in pod.Status.PodIPs)
        {
            string gateway = gateways.First(known => FamilyOf(known) == FamilyOf(address));
            host.Routes.Add($"{gateway} dev eth0");
            host.Routes.Add($"{(FamilyOf(address) == IPFamily.IPv4 ? "0.0.0.0/0" : "::/0")} via {gateway} dev eth0");
            node.Routes.Add($"{address} dev {veth}");
        }
        Network.Connect(node, veth, host, "eth0");
        _cables.Add(name, (home.Metadata.Name, veth));
    }

    private void RemovePod(string name)
    {
        (string node, string veth) = _cables[name];
        _cables.Remove(name);
        Programs.Stop(name);
        _listening.RemoveWhere(listener => listener.Host == name);
        Network.Remove(_hosts[name]);
        this[node].RemoveInterface(veth);
        _hosts.Remove(name);
    }

    // A pod serves the ports that it names; one that names none, every port that a slice sends traffic to it on.
    private void StartServers()
    {
        foreach (Pod pod in State.Pods.Where(pod => pod.Spec.NodeName is not null))
        {
            string name = pod.Key.ToString();
            string host = pod.Spec.HostNetwork ? pod.Spec.NodeName! : name;
            foreach (ContainerPort port in pod.Spec.Containers.AsEnumerable().SelectMany(container => container.Ports.AsEnumerable()))
            {
                Listen(host, name, port.Protocol, port.Number);
            }
        }
        foreach (EndpointSlice slice in State.EndpointSlices)
        {
            foreach (Endpoint endpoint in slice.Endpoints.AsEnumerable().Where(endpoint => endpoint.Addresses.Count > 0))
            {
                Serve(slice, endpoint.Addresses[0]);
            }
        }
    }

    // kube-proxy answers for the health of Services with the external policy Local.
    private void ServeHealthChecks()
    {
        foreach (Service service in State.Services.Where(service => service.Spec.HealthCheckNodePort != 0))
        {
            foreach (Node node in State.Nodes)
            {
                Listen(node.Metadata.Name, "kube-proxy on " + node.Metadata.Name, TransportProtocol.Tcp, service.Spec.HealthCheckNodePort);
            }
        }
    }

    private void Serve(EndpointSlice slice, string address)
    {
        Pod? pod = State.Pods.FirstOrDefault(pod => !pod.Spec.HostNetwork && pod.Status.PodIPs.AsSpan().Contains(address));
        string? node = State.Nodes.FirstOrDefault(node => AddressesOf(node).Contains(address))?.Metadata.Name;
        string? host = pod?.Key.ToString() ?? node;
        bool namesPorts = pod?.Spec.Containers.AsEnumerable().Any(container => container.Ports.Count > 0) == true;
        foreach (EndpointPort port in namesPorts ? default : slice.Ports)
        {
            if (host is not null && _hosts.ContainsKey(host) && port.Port is { } number)
            {
                Listen(host, pod?.Key.ToString() ?? $"{slice.ServiceKey} on {node}", port.Protocol, number);
            }
        }
    }

    private void Listen(string host, string server, TransportProtocol protocol, int port)
    {
        byte number = ProtocolNumber(protocol);
        if (protocol != TransportProtocol.Sctp && _listening.Add((host, number, port)))
        {
            Programs.Listen(this[host], server, new LocalSocket(number, (ushort)port));
        }
    }

    private static byte ProtocolNumber(TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Udp => 17,
        TransportProtocol.Sctp => 132,
        _ => 6,
    };

    // Addresses from elsewhere come in by the first node, as a load balancer would send them there.
    private void RouteServiceAddresses()
    {
        foreach (Service service in State.Services)
        {
            IEnumerable<string> addresses = service.LoadBalancerIngress.AsEnumerable()
                .Where(point => point is { IP: not null, IPMode: LoadBalancerIPMode.Vip }).Select(point => point.IP!)
                .Concat(service.Spec.ExternalIPs.AsEnumerable());
            foreach (string address in addresses)
            {
                if (State.Nodes.SelectMany(AddressesOf).FirstOrDefault(known => FamilyOf(known) == FamilyOf(address)) is { } via
                    && _routedAddresses.Add(address))
                {
                    _hosts[Outside].Routes.Add($"{Alone(address)} via {via} dev eth0");
                }
            }
        }
    }
}
