using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Text;

public sealed class RulesetParseTests
{
    private const string Dump = """
        *nat
        :PREROUTING ACCEPT [1:2]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :KUBE - [0:0]
        [3:4] -A PREROUTING -m comment --comment "a b" -j KUBE
        [0:0] -A KUBE -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x4000/0x4000
        COMMIT
        *filter
        :INPUT DROP [18446744073709551615:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        COMMIT

        """;

    [Fact]
    public void Parse_CanonicalText_PrintsTheSameText()
    {
        Ruleset ruleset = Ruleset.Parse(Dump);
        ruleset.ToText(counters: true).ShouldBe(Dump);
        Ruleset.Parse(ruleset.ToText(counters: true)).ShouldBe(ruleset);
    }

    [Fact]
    public void Parse_TextWithoutFinalLineFeed_IsTaken() => Ruleset.Parse(Dump.TrimEnd('\n')).ShouldBe(Ruleset.Parse(Dump));

    [Theory]
    [InlineData("*filter\n-A INPUT -m tpc --dport 80\nCOMMIT\n", 2, 13, "NF2003", "tpc", "tcp")]
    [InlineData("*filter\n-A INPUT -j ACCEPTT\nCOMMIT\n", 2, 13, "NF2004", "ACCEPTT", "")]
    [InlineData("*filter\n:foo - [0:0]\n-A INPUT -j fooo\nCOMMIT\n", 3, 13, "NF2004", "fooo", "foo")]
    [InlineData("*filter\n[1:2] -A INPUT -p tcp --dprot 80\nCOMMIT\n", 2, 23, "NF2001", "--dprot", "--dport")]
    [InlineData("*filter\n-A INPUT -s 1.2.3.4.5 -j ACCEPT\nCOMMIT\n", 2, 13, "NF2002", "1.2.3.4.5", "")]
    [InlineData("*filter\n-A nosuch -j ACCEPT\nCOMMIT\n", 2, 4, "NF2005", "nosuch", "")]
    [InlineData("*filtre\nCOMMIT\n", 1, 2, "NF1002", "filtre", "raw, mangle, nat, filter, security")]
    [InlineData("# x\n-A INPUT -j ACCEPT\n", 2, 1, "NF1001", "-A", "a line such as *filter")]
    [InlineData("*filter\n", 2, 1, "NF1001", "", "COMMIT")]
    [InlineData("*filter\n:INPUT REJECT [0:0]\nCOMMIT\n", 2, 8, "NF1004", "REJECT", "ACCEPT, DROP or -")]
    [InlineData("*filter\n:a - [0:0]\n:a - [0:0]\nCOMMIT\n", 3, 2, "NF1003", "a", "")]
    [InlineData("*filter\n[1:x] -A INPUT\nCOMMIT\n", 2, 1, "NF1005", "[1:x]", "[packets:bytes]")]
    public void Parse_BadText_SaysWhereAndWhat(string text, int line, int column, string code, string offending, string expected)
    {
        RulesetFormatException error = Should.Throw<RulesetFormatException>(() => Ruleset.Parse(text));
        (error.Line, error.Column, error.Code, error.OffendingText).ShouldBe((line, column, code, offending));
        if (expected.Length > 0)
        {
            error.Expected.ShouldContain(expected);
        }
        string before = text[..error.Offset];
        before.Count(c => c == '\n').ShouldBe(line - 1);
        (error.Offset - before.LastIndexOf('\n')).ShouldBe(column);
    }

    [Fact]
    public void TryParse_BadText_IsFalseWithTheReason()
    {
        Ruleset.TryParse("*filter\n-A INPUT -j nosuch\nCOMMIT\n", IpFamily.IPv4, out Ruleset? ruleset, out RulesetFormatException? error)
            .ShouldBeFalse();
        ruleset.ShouldBeNull();
        error!.Words.ShouldBe("Couldn't load target `nosuch':No such file or directory");
    }

    [Fact]
    public void Parse_MutatedText_GivesARulesetOrTheDocumentedException()
    {
        Random random = new(7);
        const string alphabet = "-!:*[] \"\\\n\tajm0x9é";
        for (int i = 0; i < 5_000; i++)
        {
            char[] text = Dump.ToCharArray();
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];
            }
            try
            {
                Ruleset.Parse(new string(text));
            }
            catch (RulesetFormatException error)
            {
                error.Line.ShouldBeGreaterThan(0);
            }
        }
    }
}
