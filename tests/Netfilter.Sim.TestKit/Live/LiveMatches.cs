namespace Netfilter.Sim.TestKit.Live;

/// <summary>Uses of matches that are aimed at the packets of the case: they match some and not others.</summary>
internal sealed class LiveMatches(LiveSource source, LiveTopology topology, bool countsConnections)
{
    private static readonly string[] States = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"];

    /// <summary>The sets that <see cref="LiveRuleset"/> makes, each with its directions.</summary>
    public static readonly IReadOnlyList<string> Sets =
        ["ips src", "ips dst", "nets src", "nets dst", "bm dst", "bm src", "ipp dst,dst", "ipp src,src", "np src,dst", "ipi src,src"];

    /// <summary>What comes before extensions: protocol, addresses, interfaces.</summary>
    public string Base(string hook, out string? protocol)
    {
        protocol = null;
        List<string> words = [];
        int kind = source.Next(100);
        if (kind < 55)
        {
            protocol = source.Pick(["tcp", "udp", "tcp", "udp", Icmp, "sctp"]);
            words.Add("-p " + protocol);
            words.Add(OfProtocol(protocol));
        }
        else if (kind < 62)
        {
            words.Add(source.Negated("-p " + source.Pick(["tcp", "udp", Icmp, "47", "esp", "136", "132"])));
        }
        if (source.Percent(25))
        {
            words.Add(source.Negated("-s " + Network()));
        }
        if (source.Percent(25))
        {
            words.Add(source.Negated("-d " + Network()));
        }
        if (source.Percent(15) && hook is "PREROUTING" or "INPUT" or "FORWARD")
        {
            words.Add(source.Negated("-i " + Device()));
        }
        if (source.Percent(15) && hook is "OUTPUT" or "POSTROUTING" or "FORWARD")
        {
            words.Add(source.Negated("-o " + Device()));
        }
        if (!source.IsIPv6 && source.Percent(3))
        {
            words.Add(source.Negated("-f"));
        }
        return string.Join(' ', words.Where(word => word.Length > 0));
    }

    /// <summary>A use of an extension.</summary>
    public string Extension(string table, string hook, string? protocol)
    {
        int kind = source.Next(100);
        return kind < 35 && table != "raw" ? Tracked() : kind < 60 ? Stateful() : kind < 65 ? Local(hook) : Stateless(protocol);
    }

    /// <summary>One of the case's networks or addresses.</summary>
    public string Network() => $"{source.NextAddress()}/{(source.IsIPv6 ? source.Pick([128, 128, 64, 120, 126]) : source.Pick([32, 32, 24, 25, 16, 30]))}";

    /// <summary>A port or a range of them.</summary>
    public string PortRange()
    {
        int first = source.Pick(LiveTopology.Ports), second = source.Pick(LiveTopology.Ports);
        return source.Next(5) switch
        {
            0 => $"{Math.Min(first, second)}:{Math.Max(first, second)}",
            1 => $"{first}:",
            2 => $":{first}",
            _ => $"{first}",
        };
    }

    private string Icmp => source.IsIPv6 ? "ipv6-icmp" : "icmp";

    private string Device() => source.Pick(["eth0", "eth1", "eth2", "eth+", "lo", "none0"]);

    private string Mark() => source.Pick(["0x0", "0x1", "0x2", "0x10", "0x4000", "0xff", "0x2/0xf", "0x0/0xff", "0x4000/0x4000", "0x1/0x1"]);

    private string OfProtocol(string protocol) => (protocol, source.Next(100)) switch
    {
        ("tcp", < 40) or ("udp", < 50) or ("sctp", < 50) => $"-m {protocol} " + source.Negated($"--{source.Pick(["dport", "dport", "sport"])} {PortRange()}"),
        ("tcp", < 50) or ("udp", < 70) or ("sctp", < 60) =>
            "-m multiport " + source.Negated($"--{source.Pick(["dports", "sports", "ports"])} {source.Pick(LiveTopology.Ports)},{source.Pick(LiveTopology.Ports)},1024:40000"),
        ("tcp", < 75) => "-m tcp " + source.Pick(["--syn", "! --syn", "--tcp-flags ACK ACK", "--tcp-flags SYN,FIN SYN", "--tcp-flags ALL NONE",
            "--tcp-flags RST RST", "! --tcp-flags FIN,ACK FIN,ACK", "--tcp-option 2", "! --tcp-option 8"]),
        ("tcp", < 85) => source.Pick(["-m ecn --ecn-tcp-cwr", "-m ecn ! --ecn-tcp-ece", "-m tcpmss --mss 1000:1460", "-m tcpmss ! --mss 1460"]),
        ("sctp", < 90) => "-m sctp " + source.Pick(["--chunk-types any INIT", "--chunk-types all DATA", "! --chunk-types only COOKIE_ECHO,DATA"]),
        ("icmp", < 70) => "-m icmp " + source.Negated("--icmp-type " + source.Pick(["echo-request", "echo-reply", "destination-unreachable", "3/3", "3/4", "11", "any"])),
        ("ipv6-icmp", < 70) => "-m icmp6 " + source.Negated("--icmpv6-type " + source.Pick(["echo-request", "echo-reply", "destination-unreachable", "packet-too-big", "1/4", "ttl-exceeded"])),
        _ => "",
    };

    private string Tracked() => source.Next(14) switch
    {
        0 or 1 => "-m conntrack " + source.Negated($"--ctstate {source.Pick(States)},{source.Pick(States)}"),
        2 => "-m conntrack --ctstate RELATED,ESTABLISHED",
        3 => "-m conntrack --ctdir " + source.Pick(["ORIGINAL", "REPLY"]),
        4 => "-m conntrack " + source.Negated("--ctproto " + source.Pick(["tcp", "udp", Icmp, "132"])),
        5 => $"-m conntrack {source.Negated($"--{source.Pick(["ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"])} {Network()}")}",
        6 => $"-m conntrack --ctproto {source.Pick(["tcp", "udp"])} {source.Negated($"--{source.Pick(["ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"])} {PortRange()}")}",
        7 => "-m conntrack " + source.Negated("--ctstatus " + source.Pick(["SEEN_REPLY", "ASSURED", "CONFIRMED", "EXPECTED", "NONE"])),
        8 => "-m state " + source.Negated($"--state {source.Pick(["NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED"])}"),
        9 => "-m connmark " + source.Negated("--mark " + Mark()),
        10 => $"-m connbytes {source.Negated($"--connbytes {source.Pick([1, 2, 4, 100])}:{source.Pick(["", "10", "400"])}", 20)} --connbytes-mode {source.Pick(["packets", "bytes", "avgpkt"])} --connbytes-dir {source.Pick(["original", "reply", "both"])}",
        11 when countsConnections => $"-m connlimit --connlimit-{source.Pick(["above", "upto"])} {source.Between(0, 3)} --connlimit-mask {source.Pick([0, 16, topology.Bits])} {source.Pick(["--connlimit-saddr", "--connlimit-daddr"])}",
        11 or 12 => $"-m connlabel {source.Negated($"--label {source.Next(4)}", 20)}{source.Pick(["", " --set"])}",
        _ => $"-m cluster --cluster-total-nodes {source.Between(2, 4)} --cluster-local-node {source.Between(1, 2)} --cluster-hash-seed 0x{source.Next(65536):x}",
    };

    private string Stateful() => source.Next(7) switch
    {
        0 => $"-m statistic --mode nth {Nth(source.Between(1, 5))}",
        1 => $"-m statistic --mode random {source.Negated($"--probability {source.Pick(["0", "1"])}")}",
        2 => $"-m limit --limit {source.Between(1, 10)}/{source.Pick(["hour", "day"])} --limit-burst {source.Between(1, 6)}",
        3 => $"-m hashlimit --hashlimit-{source.Pick(["upto", "above"])} {source.Between(1, 4)}/hour --hashlimit-burst {source.Between(1, 4)} --hashlimit-mode {source.Pick(["srcip", "dstip", "srcip,dstip", "srcip,dstport", "dstip,dstport"])} --hashlimit-name h{source.Next(100000)}",
        4 => "-m recent " + Recent() + $" --name rc{source.Next(3)} {source.Pick(["--rsource", "--rdest"])}",
        5 => $"-m quota {source.Negated($"--quota {source.Pick([50, 100, 300, 1000, 5000])}")}",
        _ => "-m set " + source.Negated("--match-set " + source.Pick(Sets)),
    };

    private string Nth(int every) => source.Negated($"--every {every}") + $" --packet {source.Next(every)}";

    private string Recent() => source.Next(7) switch
    {
        0 or 1 => source.Negated("--set", 15),
        2 => source.Negated("--rcheck --seconds 100"),
        3 => $"--update --hitcount {source.Between(1, 4)}",
        4 => source.Negated("--remove", 15),
        5 => "--rcheck --rttl",
        _ => $"--update --seconds 1000 --hitcount {source.Between(1, 3)} --rttl",
    };

    private string Local(string hook) => hook is "OUTPUT" or "POSTROUTING"
        ? "-m owner " + source.Pick([source.Negated($"--uid-owner {source.Pick(["0", "1000", "0-999"])}"), "--socket-exists", "! --socket-exists", source.Negated("--gid-owner 1000")])
        : source.Pick(["-m socket", "-m socket --transparent", "-m socket --nowildcard", "-m socket --nowildcard --restore-skmark", "-m rpfilter", "-m rpfilter --loose", "-m rpfilter --invert", "-m rpfilter --validmark --accept-local"]);

    private string Stateless(string? protocol) => source.Next(18) switch
    {
        0 or 1 => "-m mark " + source.Negated("--mark " + Mark()),
        2 => $"-m comment --comment r{source.Next(99)}",
        3 => "-m length " + source.Negated("--length " + source.Pick(["0:60", "40", "28:100", "100:1500", "52", "60"])),
        4 => source.IsIPv6 ? "-m hl " + source.Pick(["--hl-eq 64", "--hl-lt 64", "! --hl-eq 63", "--hl-gt 10"]) : "-m ttl " + source.Pick(["--ttl-eq 64", "--ttl-lt 64", "! --ttl-eq 63", "--ttl-gt 10"]),
        5 => $"-m iprange {source.Negated($"--{source.Pick(["src-range", "dst-range"])} {topology.At(source.Next(3), 2)}-{topology.At(2, 250)}")}",
        6 or 7 => "-m addrtype " + AddressType(),
        8 => "-m pkttype " + source.Negated("--pkt-type " + source.Pick(["unicast", "broadcast", "multicast"])),
        9 => "-m dscp " + source.Negated("--dscp " + source.Pick(["0x00", "0x2e", "0x0a"])),
        10 => "-m tos " + source.Negated("--tos " + source.Pick(["0x10/0x3f", "0xb8/0xff", "0x00/0xff"])),
        11 => "-m u32 --u32 " + source.Pick<string>(source.IsIPv6
            ? ["4>>8&0xFF=6", "4>>8&0xFF=17", "40&0xFFFF=0:1024", "0>>22&0x3C@0&0xFFFF=0:1024"]
            : ["6&0xFF=6", "6&0xFF=17", "0>>22&0x3C@0&0xFFFF=0:1024", "8>>24=64", "0>>22&0x3C@12>>26&0x3C@0&0xFF=1:255"]),
        12 => $"-m string {source.Negated($"--string {source.Pick(["ping", "pong", "xx", "zz"])}", 20)} --algo {source.Pick(["bm", "kmp"])}{source.Pick(["", " --from 20", " --to 60", " --icase"])}",
        13 => source.IsIPv6 ? "-m ipv6header " + source.Pick(["--soft ", ""]) + source.Negated("--header " + source.Pick(["hop", "dst", "frag", "tcp", "udp", "prot", "none"])) : "-m realm " + source.Negated("--realm 7"),
        14 => "-m devgroup " + source.Negated($"--src-group {source.Next(4)}"),
        15 => "-m ecn " + source.Negated($"--ecn-ip-ect {source.Next(4)}"),
        16 when source.IsIPv6 => source.Pick<string>(["-m frag --fragid 0:4294967295 --fragfirst", "-m frag --fraglast", "-m frag --fragmore", "-m hbh ! --hbh-len 8", "-m dst --dst-len 8", "-m rt ! --rt-type 0"]),
        16 => "-m bpf --bytecode " + "\"4,48 0 0 " + source.Pick(["9,21 0 1 6,6 0 0 1,6 0 0 0\"", "8,37 0 1 63,6 0 0 65535,6 0 0 0\""]),
        _ => protocol is "tcp" ? "-m tcp " + source.Negated("--dport " + PortRange()) : "-m policy --dir in --pol none",
    };

    private string AddressType() => source.Negated(
        $"--{source.Pick(["src", "dst"])}-type {source.Pick(["LOCAL", "UNICAST", "MULTICAST", "LOCAL,UNICAST", source.IsIPv6 ? "ANYCAST" : "BROADCAST", "UNREACHABLE"])}")
        + source.Pick(["", "", "", " --limit-iface-in"]);
}
