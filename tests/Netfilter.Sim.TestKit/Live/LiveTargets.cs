namespace Netfilter.Sim.TestKit.Live;

/// <summary>Uses of targets that make sense in a table and do the same every time.</summary>
internal sealed class LiveTargets(LiveSource source, LiveTopology topology, string? logToken)
{
    /// <summary>The words of a target, or nothing.</summary>
    /// <param name="table">The rule's table.</param>
    /// <param name="hook">The built-in chain by which packets come.</param>
    /// <param name="chains">Chains that may be jumped to.</param>
    /// <param name="protocol">The protocol that the rule is for.</param>
    public string Make(string table, string hook, IReadOnlyList<string> chains, string? protocol)
    {
        int kind = source.Next(100);
        if (chains.Count > 0 && kind < 22)
        {
            return source.Pick(["-j ", "-j ", "-g "]) + source.Pick(chains);
        }
        return kind switch
        {
            < 30 => "-j RETURN",
            < 38 => "-j ACCEPT",
            < 41 => table == "nat" ? "" : "-j DROP",
            < 60 => "",
            _ => Special(table, hook, protocol),
        };
    }

    /// <summary>A target of address translation for a built-in chain of nat.</summary>
    public string Nat(string hook, string? protocol)
    {
        bool hasPorts = protocol is "tcp" or "udp" or "sctp";
        return hook is "PREROUTING" or "OUTPUT" ? Destination(hasPorts) : Source(hasPorts);
    }

    private string Destination(bool hasPorts)
    {
        string address = source.Pick([topology.At(2, 2), topology.At(2, 7), topology.At(0, 3), topology.At(1, 1), topology.FarHost(1)]);
        return source.Next(10) switch
        {
            < 3 => "-j DNAT --to-destination " + address,
            3 => $"-j DNAT --to-destination {topology.At(2, 5)}-{topology.At(2, 8)}{source.Pick(["", " --persistent"])}",
            4 or 5 when hasPorts => "-j DNAT --to-destination " + WithPort(address, source.Pick(["80", "8080", "3000-3020", "9000"])),
            6 when hasPorts => $"-j REDIRECT --to-ports {source.Pick(["53", "5000", "8080", "7000-7010"])}",
            7 => "-j REDIRECT",
            8 => $"-j NETMAP --to {topology.Networks[2]}{(source.IsIPv6 ? "/112" : "0/28")}",
            _ => "-j DNAT --to-destination " + address,
        };
    }

    // Ports stay: one that clashes would be chosen by chance.
    private string Source(bool hasPorts) => source.Next(8) switch
    {
        0 or 1 or 2 => "-j MASQUERADE",
        3 => $"-j SNAT --to-source {topology.At(2, 100)}-{topology.At(2, 103)}{source.Pick(["", " --persistent"])}",
        4 => $"-j NETMAP --to {topology.Networks[1]}{(source.IsIPv6 ? "/112" : "64/26")}",
        5 when hasPorts => "-j SNAT --to-source " + WithPort(topology.At(1, 99), "1024-65535"),
        _ => "-j SNAT --to-source " + source.Pick([topology.At(1, 99), topology.At(1, 1), topology.At(2, 1)]),
    };

    private string WithPort(string address, string port) => source.IsIPv6 ? $"[{address}]:{port}" : $"{address}:{port}";

    private string Special(string table, string hook, string? protocol)
    {
        List<string> choices =
        [
            $"-j MARK --set-xmark {source.Pick(["0x1", "0x2", "0x10", "0x4000", "0xff"])}/{source.Pick(["0xffffffff", "0xff", "0x4000"])}",
            "-j MARK --or-mark 0x2", "-j MARK --and-mark 0xf0", "-j MARK --xor-mark 0x3", "-j MARK --set-mark 0x2",
            $"-j NFLOG --nflog-group {source.Pick([0, 9])} --nflog-prefix n{source.Next(9)}",
            $"-j SET --{source.Pick(["add-set", "del-set"])} {source.Pick(["ips src", "ips dst", "ipp src,src", "ipp dst,dst", "nets dst"])}{source.Pick(["", " --exist"])}",
            "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark", $"-j CONNMARK --set-xmark {source.Pick(["0x1", "0x2", "0x10"])}/0xff",
            "-j AUDIT --type accept", "-j NFQUEUE --queue-num 0 --queue-bypass",
        ];
        choices.AddRange(OfTable(table, hook, protocol));
        if (logToken is not null)
        {
            string[] options = ["", " --log-tcp-options", " --log-tcp-sequence", " --log-ip-options", " --log-uid", " --log-level 5"];
            choices.Add($"-j LOG --log-prefix \"{logToken}{source.Next(9)} \"{source.Pick(options)}");
        }
        return source.Pick(choices);
    }

    private IEnumerable<string> OfTable(string table, string hook, string? protocol) => table switch
    {
        "raw" => Twice([
            "-j CT --notrack", "-j NOTRACK", "-j CT --zone 5", "-j CT --zone-orig 6", "-j CT --zone mark", "-j CT --zone-reply 7",
            "-j CT --ctevents new,destroy", logToken is null ? "-j TRACE" : "-j CT --notrack",
        ]),
        "mangle" => Twice([.. Mangle(hook, protocol)]),
        "filter" or "security" => table == "filter" ? Twice([.. Reject(protocol)]) : [],
        _ => [],
    };

    private IEnumerable<string> Mangle(string hook, string? protocol)
    {
        yield return $"-j DSCP --set-dscp {source.Pick(["0x00", "0x0a", "0x2e"])}";
        yield return $"-j TOS --set-tos {source.Pick(["0x00", "0x10", "0xb8"])}/{source.Pick(["0xff", "0x3c"])}";
        yield return $"-j {(source.IsIPv6 ? "HL --hl" : "TTL --ttl")}-{source.Pick(["set 64", "inc 1", "dec 1", "set 200", "set 2"])}";
        yield return $"-j HMARK --hmark-tuple {source.Pick(["src,dst", "src,dst,sport,dport", "sport,ct"])} --hmark-mod {source.Between(2, 20)} --hmark-offset 5 --hmark-rnd 0x{source.Next(65536):x}";
        if (hook is "PREROUTING" && protocol is "tcp" or "udp")
        {
            yield return $"-j TPROXY --on-port {source.Pick([5000, 8080, 9999])} --tproxy-mark 0x1/0x1";
        }
        if (hook is "POSTROUTING" or "FORWARD" or "OUTPUT")
        {
            yield return $"-j CLASSIFY --set-class 1:{source.Between(1, 5)}";
        }
        if (protocol is "tcp")
        {
            string[] changes =
            [
                "-m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu", "-m tcp --syn -j TCPMSS --set-mss 1000",
                "-j TCPOPTSTRIP --strip-options timestamp,wscale", "-j ECN --ecn-tcp-remove",
            ];
            yield return source.Pick(changes);
        }
        if (protocol is "udp")
        {
            yield return "-j CHECKSUM --checksum-fill";
        }
        if (hook is "PREROUTING" or "FORWARD" or "POSTROUTING")
        {
            yield return $"-j TEE --gateway {topology.At(2, 50)}";
        }
        if (source.IsIPv6)
        {
            int length = source.Pick((int[])[64, 56, 48]);
            yield return $"-j {source.Pick(["DNPT", "SNPT"])} --src-pfx {topology.Networks[source.Next(3)]}/{length} --dst-pfx fd00:{source.Between(1, 0xfff):x}::/{length}";
        }
    }

    private IEnumerable<string> Reject(string? protocol)
    {
        yield return "-j REJECT";
        yield return "-j REJECT --reject-with " + source.Pick<string>(source.IsIPv6
            ? ["icmp6-adm-prohibited", "icmp6-addr-unreachable", "icmp6-no-route", "icmp6-policy-fail", "icmp6-reject-route"]
            : ["icmp-admin-prohibited", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-net-prohibited"]);
        if (protocol is "tcp")
        {
            yield return "-j REJECT --reject-with tcp-reset";
        }
    }

    private static IEnumerable<string> Twice(IReadOnlyList<string> choices) => [.. choices, .. choices];
}
