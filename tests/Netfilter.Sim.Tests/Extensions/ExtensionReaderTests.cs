using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Extensions;

public sealed class ExtensionReaderTests
{
    private static readonly RuleFacts Tcp = new(IpFamily.IPv4, "filter", 6);

    [Theory]
    [InlineData("statistic", "--mode random --probability 0.2", " --mode random --probability 0.20000000019")]
    [InlineData("statistic", "--mode random ! --probability 0x1p-1", " --mode random ! --probability 0.50000000000")]
    [InlineData("statistic", "--mode random --probability nan", " --mode random --probability 0.00000000000")]
    [InlineData("statistic", "--mode nth ! --every 5 --packet 2", " --mode nth ! --every 5 --packet 2")]
    [InlineData("tcp", "--sport 5: ! --dport http", " --sport 5:65535 ! --dport 80")]
    [InlineData("tcp", "! --dport :", "")]
    [InlineData("tcp", "--syn", " --tcp-flags FIN,SYN,RST,ACK SYN")]
    [InlineData("tcp", "! --tcp-flags NONE ack --tcp-option 0x2", " --tcp-option 2 ! --tcp-flags NONE ACK")]
    public void Match_Options_ArePrintedCanonically(string name, string options, string expected)
    {
        MatchDeclaration extension = ExtensionRegistry.Default.FindMatch(name, IpFamily.IPv4)!;
        Match match = ExtensionReader.ReadMatch(extension, options.Split(' '), Tcp);
        OptionWriter writer = new();
        match.Save(writer, new PrintContext(new IpSpec(IpFamily.IPv4), RuleEnvironment.Default, IsNumeric: true));
        writer.ToString().ShouldBe(expected);
    }

    [Theory]
    [InlineData("--set-mark 0xAB/0xCD", " --set-xmark 0xab/0xef", " MARK xset 0xab/0xef")]
    [InlineData("--and-mark 1", " --set-xmark 0x0/0xfffffffe", " MARK and 0x1")]
    [InlineData("--or-mark 3", " --set-xmark 0x3/0x3", " MARK or 0x3")]
    [InlineData("--set-xmark 1", " --set-xmark 0x1/0xffffffff", " MARK set 0x1")]
    [InlineData("--xor-mark 0xffffffff", " --set-xmark 0xffffffff/0x0", " MARK xor 0xffffffff")]
    public void Target_Options_ArePrintedCanonicallyAndListed(string options, string saved, string listed)
    {
        TargetDeclaration extension = ExtensionRegistry.Default.FindTarget("MARK", IpFamily.IPv4)!;
        ExtensionTarget target = ExtensionReader.ReadTarget(extension, options.Split(' '), Tcp);
        PrintContext context = new(new IpSpec(IpFamily.IPv4), RuleEnvironment.Default, IsNumeric: true);
        OptionWriter writer = new();
        target.Save(writer, context);
        writer.ToString().ShouldBe(saved);
        writer.Clear();
        target.List(writer, context);
        writer.ToString().ShouldBe(listed);
    }

    [Theory]
    [InlineData("statistic", "--probability 0.5", "statistic: option \"--mode\" must be specified\n")]
    [InlineData("statistic", "--mode nth --every 1", "statistic: option \"--every\" also requires \"--packet\".\n")]
    [InlineData("statistic", "--mode nth --every 0", "statistic: bad value for option \"--every\", or out of range (1-4294967295).\n")]
    [InlineData("statistic", "--mode nth --every 5 ! --packet 0", "statistic: option \"--packet\" cannot be inverted.\n")]
    [InlineData("statistic", "--mode nth --mode nth", "statistic: option \"--mode\" can only be used once.\n")]
    [InlineData("tcp", "--sport 1 --sport 2", "Only one `--source-port' allowed")]
    [InlineData("tcp", "--dport 4:3", "invalid portrange (min > max)")]
    [InlineData("tcp", "--tcp-flags SYN", "--tcp-flags requires two args.")]
    public void Match_BadOptions_AreRefusedInTheToolsWords(string name, string options, string message)
    {
        MatchDeclaration extension = ExtensionRegistry.Default.FindMatch(name, IpFamily.IPv4)!;
        IptablesException error = Should.Throw<IptablesException>(
            () => ExtensionReader.ReadMatch(extension, options.Split(' '), Tcp));
        error.Message.ShouldBe(message);
        error.Exit.ShouldBe(IptablesExit.ParameterProblem);
    }
}
