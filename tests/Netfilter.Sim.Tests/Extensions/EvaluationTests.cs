using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Tests.Engine;

namespace Netfilter.Sim.Tests.Extensions;

/// <summary>What single matches and targets make of packets at their edges: headers cut short, options that lie about their length.</summary>
public sealed class EvaluationTests
{
    // Ports, offset of the data, CCVal, checksum, type and X (the low bit), reserved, sequence, then the type's own header.
    private const string Request = "03e80050 WORDS 00 0000 01 00 0000 00000001 00000000";

    public static TheoryData<string, string, MatchAnswer> Matches => new()
    {
        // The request's header is 20 bytes: options lie between them and the offset that the header states in words.
        { "-p dccp -m dccp --dccp-option 5", Dccp("05"), MatchAnswer.No },
        { "-p dccp -m dccp --dccp-option 5", Dccp("06", "05030000"), MatchAnswer.Yes },
        { "-p dccp -m dccp ! --dccp-option 5", Dccp("06", "05030000"), MatchAnswer.No },
        { "-p dccp -m dccp --dccp-option 5", Dccp("07", "2c050000 00050000"), MatchAnswer.Yes },
        { "-p dccp -m dccp --dccp-option 5", Dccp("07", "2c060500 00000000"), MatchAnswer.No },
        { "-p dccp -m dccp --dccp-option 5", Dccp("06"), MatchAnswer.HotDrop },
        { "-p dccp -m dccp --dccp-option 5", Dccp("04", "05030000"), MatchAnswer.HotDrop },

        // An option of length 3 that calls itself MSS is none, and is stepped over as a whole.
        { "-p tcp -m tcpmss --mss 1460", "10.0.0.1:1 > 10.0.0.2:2/tcp syn opt 020305020405b400", MatchAnswer.Yes },
        { "-p tcp -m tcpmss --mss 1460", "10.0.0.1:1 > 10.0.0.2:2/tcp syn opt 01020405b4010101", MatchAnswer.Yes },
        { "-p tcp -m tcpmss ! --mss 1460", "10.0.0.1:1 > 10.0.0.2:2/tcp syn opt 020405b4", MatchAnswer.No },
        { "-p tcp -m tcpmss --mss 1461", "10.0.0.1:1 > 10.0.0.2:2/tcp syn opt 020405b4", MatchAnswer.No },
        { "-p tcp -m tcpmss --mss 1:9", "10.0.0.1:1 > 10.0.0.2:2/tcp syn", MatchAnswer.No },
        { "-p tcp -m tcpmss ! --mss 1:9", "10.0.0.1:1 > 10.0.0.2:2/tcp syn", MatchAnswer.Yes },

        // One 4-byte word from the start of the packet on; beyond the end nothing matches.
        { "-m u32 --u32 \"0>>28=4\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.Yes },
        { "-m u32 --u32 \"24=0:0xffffffff\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.Yes },
        { "-m u32 --u32 \"25=0:0xffffffff\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.No },
        { "-m u32 ! --u32 \"25=0:0xffffffff\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.Yes },
        { "-m u32 --u32 \"0>>22&0x3c@0>>16=1\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.Yes },

        { "-m bpf --bytecode \"4,1 0 0 5,0 0 0 7,12 0 0 0,22 0 0 0\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.Yes },
        { "-m bpf --bytecode \"4,1 0 0 7,0 0 0 7,28 0 0 0,22 0 0 0\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.No },
        { "-m bpf --bytecode \"5,1 0 0 7,0 0 0 7,29 0 1 0,6 0 0 1,6 0 0 0\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.Yes },
        { "-m bpf --bytecode \"4,32 0 0 4294963208,21 0 1 2,6 0 0 1,6 0 0 0\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.Yes },
        { "-m bpf --bytecode \"4,32 0 0 4294963208,21 0 1 3,6 0 0 1,6 0 0 0\"", "10.0.0.1:1 > 10.0.0.2:2/udp", MatchAnswer.No },
    };

    public static TheoryData<string, string, TargetVerdict, string> Targets => new()
    {
        // Of the type of service only the two bits of ECN change.
        { "-j ECN --ecn-ip-ect 1", "10.0.0.1:1 > 10.0.0.2:2/tcp tos 0xfe", TargetVerdict.Continue, "10.0.0.1:1 > 10.0.0.2:2/tcp tos 0xfd" },
        { "-j ECN --ecn-ip-ect 0", "10.0.0.1:1 > 10.0.0.2:2/tcp tos 0xff", TargetVerdict.Continue, "10.0.0.1:1 > 10.0.0.2:2/tcp tos 0xfc" },
        { "-j ECN --ecn-tcp-remove", "10.0.0.1:1 > 10.0.0.2:2/tcp syn ece cwr", TargetVerdict.Continue, "10.0.0.1:1 > 10.0.0.2:2/tcp syn" },
        { "-j TCPOPTSTRIP --strip-options 3", "10.0.0.1:1 > 10.0.0.2:2/tcp opt 020405b401030307", TargetVerdict.Continue, "10.0.0.1:1 > 10.0.0.2:2/tcp opt 020405b401010101" },
        { "-j TCPOPTSTRIP --strip-options 3", "10.0.0.1:1 > 10.0.0.2:2/tcp opt 0309070703030701", TargetVerdict.Continue, "10.0.0.1:1 > 10.0.0.2:2/tcp opt 0309070703030701" },
        { "-j TTL --ttl-dec 1", "10.0.0.1:1 > 10.0.0.2:2/udp ttl 1", TargetVerdict.Continue, "10.0.0.1:1 > 10.0.0.2:2/udp ttl 0" },
        { "-j TTL --ttl-inc 250", "10.0.0.1:1 > 10.0.0.2:2/udp ttl 64", TargetVerdict.Continue, "10.0.0.1:1 > 10.0.0.2:2/udp ttl 255" },
    };

    [Theory]
    [MemberData(nameof(Matches))]
    public void Match_PacketAtAnEdge_AnswersAsTheKernel(string rule, string packet, MatchAnswer answer)
    {
        PacketBuffer buffer = Load(packet);
        Match match = Read("filter", rule).Matches[^1];
        MatchResult result = match.Evaluate(new MatchContext(buffer, Hook.Forward, new NetworkNamespace("host").Context, -1));
        result.Answer.ShouldBe(answer, match.Explain(result));
    }

    [Theory]
    [InlineData("-m string --string abc --algo bm", "10.0.0.1:1 > 10.0.0.2:2/udp data 78616263", "the text occurs at 29")]
    [InlineData("-m string --string abc --algo kmp --to 29", "10.0.0.1:1 > 10.0.0.2:2/udp data 78616263", "the text occurs at 29, too far behind")]
    [InlineData("-m string --string abd --algo bm", "10.0.0.1:1 > 10.0.0.2:2/udp data 78616263", "the text does not occur")]
    [InlineData("-p tcp -m tcpmss --mss 1461", "10.0.0.1:1 > 10.0.0.2:2/tcp syn opt 020405b4", "mss 1460 is not 1461")]
    [InlineData("-p tcp -m tcpmss --mss 1461", "10.0.0.1:1 > 10.0.0.2:2/tcp syn", "there is no segment size option")]
    public void Match_Explained_SaysWhatItSaw(string rule, string packet, string words)
    {
        Match match = Read("filter", rule).Matches[^1];
        match.Explain(match.Evaluate(new MatchContext(Load(packet), Hook.Forward, new NetworkNamespace("host").Context, -1))).ShouldBe(words);
    }

    /// <summary>A header that says that it is longer than the packet: the targets that look for options drop it.</summary>
    [Theory]
    [InlineData("-j TCPMSS --set-mss 500")]
    [InlineData("-j TCPOPTSTRIP --strip-options 8")]
    public void Target_TcpHeaderCutOff_Drops(string rule)
    {
        PacketBuffer buffer = Load("10.0.0.1:1 > 10.0.0.2:2/tcp syn");
        var target = (ExtensionTarget)Read("mangle", "-p tcp --syn " + rule).Target!;
        foreach (byte words in new byte[] { 4, 6, 15 })
        {
            buffer.Writable[32] = (byte)(words << 4);
            target.Evaluate(new TargetContext(buffer, Hook.Forward, new NetworkNamespace("host").Context, -1)).ShouldBe(TargetVerdict.Drop);
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Target_PacketAtAnEdge_RewritesAsTheKernel(string rule, string packet, TargetVerdict verdict, string after)
    {
        PacketBuffer buffer = Load(packet);
        var target = (ExtensionTarget)Read("mangle", "-p " + (packet.Contains("/tcp", StringComparison.Ordinal) ? "tcp" : "udp") + " " + rule).Target!;
        target.Evaluate(new TargetContext(buffer, Hook.Forward, new NetworkNamespace("host").Context, -1)).ShouldBe(verdict);
        buffer.ToPacket().ToString().ShouldBe(Packet.Parse(after).ToString());
    }

    [Fact]
    public void Classify_AnyPacket_SetsItsPriority()
    {
        PacketBuffer buffer = Load("10.0.0.1:1 > 10.0.0.2:2/udp");
        var target = (ExtensionTarget)Read("mangle", "-j CLASSIFY --set-class 12:ab").Target!;
        target.Evaluate(new TargetContext(buffer, Hook.PostRouting, new NetworkNamespace("host").Context, -1)).ShouldBe(TargetVerdict.Continue);
        buffer.Priority.ShouldBe(0x001200abu);
    }

    private static string Dccp(string offset, string options = "") => "10.0.0.1 > 10.0.0.2/dccp data "
        + (Request.Replace("WORDS", offset, StringComparison.Ordinal) + options).Replace(" ", "", StringComparison.Ordinal);

    private static Rule Read(string table, string rule) =>
        Ruleset.Parse($"*{table}\n-A FORWARD {rule}\nCOMMIT\n").Tables.Single().Find("FORWARD")!.Rules[0];

    private static PacketBuffer Load(string packet)
    {
        PacketBuffer buffer = new();
        buffer.Load(Packet.Parse(packet).Bytes);
        (buffer.InDevice, buffer.OutDevice) = (TableBench.Eth0, TableBench.Eth1);
        return buffer;
    }
}
