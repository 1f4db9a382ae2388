using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Netfilter.Sim.Benchmarks.Kube;

/// <summary>
/// An iptables-save text in the shape of kube-proxy's: service i is ns{i%50}/svc{i}:p80 at 10.96.0.10 + i, port 80, its
/// endpoint e is 10.128.0.10 + i * endpoints + e, port 8080. A service of three endpoints has 11 rules and 4 chains.
/// </summary>
public sealed class KubeRules(int services, int endpoints = 3)
{
    private const uint FirstService = (10u << 24) + (96 << 16) + 10;
    private const uint FirstEndpoint = (10u << 24) + (128 << 16) + 10;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private readonly StringBuilder _chains = new();
    private readonly StringBuilder _dispatch = new();
    private readonly StringBuilder _rules = new();

    /// <summary>Number of services.</summary>
    public int Services { get; } = services;

    /// <summary>Number of rules.</summary>
    public int RuleCount { get; private set; }

    /// <summary>The cluster address of a service.</summary>
    public static uint AddressOf(int service) => FirstService + (uint)service;

    /// <summary>The text for iptables-restore.</summary>
    public string Write()
    {
        _chains.Clear();
        _dispatch.Clear();
        _rules.Clear();
        for (int i = 0; i < Services; i++)
        {
            AddService(i);
        }
        string text = Filter + NatHead + _chains + NatRules + _dispatch
            + "-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\""
            + " -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\n" + _rules + "COMMIT\n";
        RuleCount = text.Split('\n').Count(line => line.StartsWith("-A ", StringComparison.Ordinal));
        return text;
    }

    private void AddService(int index)
    {
        string name = Invariant($"ns{index % 50}/svc{index}:p80"), address = Address(AddressOf(index));
        string service = "KUBE-SVC-" + Hash(name + "tcp");
        _chains.Append(':').Append(service).Append(" - [0:0]\n");
        string target = $"-d {address}/32 -p tcp -m comment --comment \"{name} cluster IP\" -m tcp --dport 80";
        _dispatch.Append($"-A KUBE-SERVICES {target} -j {service}\n");
        _rules.Append($"-A {service} ! -s 10.128.0.0/10 {target} -j KUBE-MARK-MASQ\n");
        StringBuilder ends = new();
        for (int e = 0; e < endpoints; e++)
        {
            string endpoint = Address(FirstEndpoint + (uint)((index * endpoints) + e));
            string chain = "KUBE-SEP-" + Hash($"{name}tcp{endpoint}:8080");
            _chains.Append(':').Append(chain).Append(" - [0:0]\n");
            int left = endpoints - e;
            string share = left > 1 ? Invariant($" -m statistic --mode random --probability {1.0 / left:F11}") : "";
            _rules.Append($"-A {service} -m comment --comment \"{name} -> {endpoint}:8080\"{share} -j {chain}\n");
            ends.Append($"-A {chain} -s {endpoint}/32 -m comment --comment \"{name}\" -j KUBE-MARK-MASQ\n");
            ends.Append($"-A {chain} -p tcp -m comment --comment \"{name}\" -m tcp -j DNAT --to-destination {endpoint}:8080\n");
        }
        _rules.Append(ends);
    }

    /// <summary>kube-proxy's chain names: the first 16 characters of the SHA-256 in base 32.</summary>
    private static string Hash(string text)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return string.Create(16, hash, static (name, bytes) =>
        {
            for (int i = 0; i < name.Length; i++)
            {
                int bit = i * 5;
                int word = (bytes[bit / 8] << 8) | bytes[(bit / 8) + 1];
                name[i] = Base32[(word >> (11 - (bit % 8))) & 31];
            }
        });
    }

    private static string Address(uint address) =>
        Invariant($"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private const string Filter = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-EXTERNAL-SERVICES - [0:0]
        :KUBE-FIREWALL - [0:0]
        :KUBE-FORWARD - [0:0]
        :KUBE-KUBELET-CANARY - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-PROXY-CANARY - [0:0]
        :KUBE-PROXY-FIREWALL - [0:0]
        :KUBE-SERVICES - [0:0]
        -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
        -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
        -A INPUT -j KUBE-FIREWALL
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
        -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
        -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A OUTPUT -j KUBE-FIREWALL
        -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        COMMIT

        """;

    private const string NatHead = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :KUBE-KUBELET-CANARY - [0:0]
        :KUBE-MARK-MASQ - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-POSTROUTING - [0:0]
        :KUBE-PROXY-CANARY - [0:0]
        :KUBE-SERVICES - [0:0]

        """;

    private const string NatRules = """
        -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
        -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
        -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
        -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
        -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully

        """;
}
