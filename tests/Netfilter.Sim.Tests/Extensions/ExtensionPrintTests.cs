using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Extensions;

public class ExtensionPrintTests
{
    [Theory]
    [InlineData("udp", 17, "--sport 65537 ! --dport 5:", " --sport 1 ! --dport 5:65535", " udp spt:1 dpts:!5:65535")]
    [InlineData("sctp", 132, "--dport : ! --chunk-types any init,DATA:uB", " --dport 0:65535 ! --chunk-types any DATA:uB,INIT", " sctp ! any 0x0000:uB,0x0001")]
    [InlineData("icmp", 1, "! --icmp-type host-unr", " ! --icmp-type 3/1", " icmp !type 3 code 1")]
    [InlineData("icmp", 1, "--icmp-type 255/7", " --icmp-type any", " icmptype 255 code 7")]
    [InlineData("multiport", 6, "! --dports http,22:80", " ! --dports 80,22:80", " multiport dports  !80,22:80")]
    [InlineData("comment", 0, "--comment it's", " --comment \"it\\'s\"", " /* it's */")]
    [InlineData("mark", 0, "! --mark 010/0xff", " ! --mark 0x8/0xff", " mark match ! 0x8/0xff")]
    [InlineData("connmark", 0, "--mark 3", " --mark 0x3", " connmark match  0x3")]
    [InlineData("state", 0, "--state est,new", " --state NEW,ESTABLISHED", " state NEW,ESTABLISHED")]
    [InlineData("conntrack", 0, "--ctreplsrc 0/0 --ctexpire 9:2 --ctstatus none", " --ctreplsrc 0.0.0.0/0 --ctstatus NONE --ctexpire 9:2", " ctreplsrc 0.0.0.0/0 ctstatus NONE ctexpire 9:2")]
    [InlineData("addrtype", 0, "! --dst-type multi,loc", " ! --dst-type LOCAL,MULTICAST", " ADDRTYPE match dst-type !LOCAL,MULTICAST")]
    [InlineData("limit", 0, "--limit 90/min --limit-burst 5", " --limit 90/min", " limit: avg 90/min burst 5")]
    [InlineData("limit", 0, "--limit 120/MINUTE", " --limit 2/sec", " limit: avg 2/sec burst 5")]
    [InlineData("recent", 0, "--rdest --update --hitcount 0 --rsource", " --update --name DEFAULT --mask 255.255.255.255 --rsource", " recent: UPDATE name: DEFAULT side: source mask: 255.255.255.255")]
    [InlineData("hashlimit", 0, "! --hashlimit-above 1500b/s --hashlimit-name x", " --hashlimit-upto 1488b/s --hashlimit-name x", " limit: up to 1488b/s")]
    [InlineData("connlimit", 0, "! --connlimit-upto 2 --connlimit-mask 24", " --connlimit-above 2 --connlimit-mask 24 --connlimit-saddr", " #conn src/24 > 2")]
    [InlineData("owner", 0, "! --uid-owner 7-9 --gid-owner root --suppl-groups", " ! --uid-owner 7-9 --gid-owner 0 --suppl-groups", " ! owner UID match 7-9 owner GID match 0 incl. suppl. groups")]
    [InlineData("iprange", 0, "--src-range 10.1-10.2.0.1", " --src-range 10.1.0.0-10.2.0.1", " source IP range 10.1.0.0-10.2.0.1")]
    [InlineData("length", 0, "! --length :60", " ! --length 0:60", " length !0:60")]
    [InlineData("ttl", 0, "! --ttl 5", " ! --ttl-eq 5", " TTL match TTL != 5")]
    [InlineData("dscp", 0, "--dscp-class af41", " --dscp 0x22", " DSCP match 0x22")]
    [InlineData("physdev", 0, "! --physdev-is-bridged --physdev-in p+", " --physdev-in p+ ! --physdev-is-bridged", " PHYSDEV match --physdev-in p+ ! --physdev-is-bridged")]
    public void Match_Options_ArePrintedAndListed(string name, int protocol, string options, string saved, string listed)
    {
        MatchDeclaration extension = ExtensionRegistry.Default.FindMatch(name, IpFamily.IPv4)!;
        Match match = ExtensionReader.ReadMatch(extension, options.Split(' '), new RuleFacts(IpFamily.IPv4, "filter", (ushort)protocol));
        PrintContext context = Context((ushort)protocol);
        (Text(writer => match.Save(writer, context)), Text(writer => match.List(writer, context))).ShouldBe((saved, listed));
    }

    [Theory]
    [InlineData("REJECT", "--reject-with tcp-r", " --reject-with tcp-reset", " reject-with tcp-reset")]
    [InlineData("LOG", "--log-uid --log-level info --log-prefix a:b", " --log-prefix \"a:b\" --log-level 6 --log-uid", " LOG flags 8 level 6 prefix \"a:b\"")]
    [InlineData("CONNMARK", "--restore-mark --nfmask 1 --ctmask 2", " --restore-mark --nfmask 0x1 --ctmask 0x2", " CONNMARK restore ctmask 0x2 nfmask ~0x1")]
    [InlineData("CONNMARK", "--set-mark 1 --mask 2", " --set-xmark 0x1/0x2", " CONNMARK xset 0x1/0x2")]
    [InlineData("DNAT", "--persistent --to-destination 10.0.0.1-10.0.0.9:80-90/7000", " --to-destination 10.0.0.1-10.0.0.9:80-90/7000 --persistent", " to:10.0.0.1-10.0.0.9:80-90/7000 persistent")]
    [InlineData("SNAT", "--to-source :1024-2048/9 --random-fully", " --to-source :1024-2048/0 --random-fully", " to::1024-2048/0 random-fully")]
    [InlineData("MASQUERADE", "--to-ports 5-5", " --to-ports 5", " masq ports: 5")]
    [InlineData("REDIRECT", "--to-ports ssh --random", " --to-ports 22 --random", " redir ports 22 random")]
    [InlineData("NETMAP", "--to 10.1.2.3/16", " --to 10.1.0.0/16", " to:10.1.0.0/16")]
    [InlineData("CT", "--zone-orig 5 --ctevents mark,new", " --ctevents new,mark --zone-orig 5", " CT ctevents new,mark zone-orig 5")]
    [InlineData("TOS", "--and-tos 0x0f", " --set-tos 0x00/0xf0", " TOS set 0x00/0xf0")]
    [InlineData("TTL", "--ttl-inc 3", " --ttl-inc 3", " TTL increment by 3")]
    [InlineData("ECN", "--ecn-tcp-remove", " --ecn-tcp-remove", " ECN TCP remove")]
    [InlineData("TCPMSS", "--set-mss 9 --clamp-mss-to-pmtu", " --clamp-mss-to-pmtu", " TCPMSS clamp to PMTU")]
    public void Target_Options_ArePrintedAndListed(string name, string options, string saved, string listed)
    {
        TargetDeclaration extension = ExtensionRegistry.Default.FindTarget(name, IpFamily.IPv4)!;
        ExtensionTarget target = ExtensionReader.ReadTarget(extension, options.Split(' '), new RuleFacts(IpFamily.IPv4, "nat", 6));
        PrintContext context = Context(6);
        (Text(writer => target.Save(writer, context)), Text(writer => target.List(writer, context))).ShouldBe((saved, listed));
    }

    [Theory]
    [InlineData("sctp", "--chunk-types any INIT:X", "Invalid flags for chunk type 1")]
    [InlineData("sctp", "--chunk-types any", "--chunk-types requires two args")]
    [InlineData("icmp", "--icmp-type 3:4", "ICMP type range not supported")]
    [InlineData("icmp", "--icmp-type host", "Ambiguous ICMP type `host': `host-unreachable' or `host-unknown'?")]
    [InlineData("multiport", "--ports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16", "too many ports specified")]
    [InlineData("limit", "--limit 20000", "Rate too fast \"20000\"")]
    [InlineData("limit", "--limit 5/fortnight", "bad rate \"5/fortnight\"'")]
    [InlineData("state", "--state NEW,odd,SNAT", "Bad state \"odd,SNAT\"")]
    [InlineData("recent", "--name x", "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")]
    [InlineData("hashlimit", "--hashlimit-upto 1mb/s --hashlimit-burst 5 --hashlimit-name x", "burst cannot be smaller than 1048576b")]
    [InlineData("owner", "--suppl-groups", "owner: Bad value for \"--suppl-groups\" option: \"you need to use --gid-owner first\"")]
    [InlineData("u32", "--u32 0=1x", "u32: at char 3: expected \",\" or \"&&\"")]
    [InlineData("string", "--algo bm --hex-string |4|", "Invalid hex block")]
    public void Match_BadOptions_AreRefusedInTheToolsWords(string name, string options, string message)
    {
        MatchDeclaration extension = ExtensionRegistry.Default.FindMatch(name, IpFamily.IPv4)!;
        IptablesException error = Should.Throw<IptablesException>(() =>
            ExtensionReader.ReadMatch(extension, options.Split(' '), new RuleFacts(IpFamily.IPv4, "filter", 6)));
        error.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("10.0.0.1:80-", "Port `' not valid")]
    [InlineData("10.0.0.1:90-80", "Port range `80' funky")]
    [InlineData("10.0.0.1:80:90", "Bad IP address \"10.0.0.1:80:90\"")]
    [InlineData("[10.0.0.1]:80", "Invalid address format")]
    public void Dnat_BadDestination_IsRefusedInTheToolsWords(string destination, string message)
    {
        TargetDeclaration extension = ExtensionRegistry.Default.FindTarget("DNAT", IpFamily.IPv4)!;
        Should.Throw<IptablesException>(() => ExtensionReader.ReadTarget(
            extension, ["--to-destination", destination], new RuleFacts(IpFamily.IPv4, "nat", 6))).Message.ShouldBe(message);
    }

    private static PrintContext Context(ushort protocol) =>
        new(new IpSpec(IpFamily.IPv4, protocol: protocol), RuleEnvironment.Default, IsNumeric: true);

    private static string Text(Action<OptionWriter> write)
    {
        OptionWriter writer = new();
        write(writer);
        return writer.ToString();
    }
}
