using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Tests.Extensions;

/// <summary>Whole tables of rules of all extensions, with chains of their own and jumps.</summary>
public sealed class RandomRulesetTests
{
    private const int Rules = 12;

    // See ExtensionRoundTripTests: what iptables prints of these is not always what it read.
    private static readonly string[] PrintedWithLoss = ["limit", "hashlimit", "icmp", "recent"];

    [Fact]
    public void Ruleset_OfAllExtensions_PrintsAndParsesToTheSameValue()
    {
        int rules = 0;
        PropertyCheck.ForAll(
            Gen.Choose(1, int.MaxValue),
            seed =>
            {
                foreach (IpFamily family in Enum.GetValues<IpFamily>())
                {
                    (Ruleset ruleset, bool losesInPrint) = Make((ulong)seed, family);
                    rules += ruleset.Tables.Sum(table => table.Chains.Sum(chain => chain.Rules.Count));
                    string text = ruleset.ToText();
                    Ruleset again = Ruleset.Parse(text, family);
                    again.ToText().ShouldBe(text);
                    Ruleset.Parse(again.ToText(), family).ShouldBe(again, text);
                    if (!losesInPrint)
                    {
                        again.Equals(ruleset).ShouldBeTrue(text);
                    }
                }
            },
            count: 150);
        rules.ShouldBeGreaterThan(1500);
    }

    private static (Ruleset Ruleset, bool LosesInPrint) Make(ulong seed, IpFamily family)
    {
        NetworkNamespace host = new("random");
        IReadOnlyList<string> taken = RulesetSamples.Fill(host, new SeededSampleSource(seed, family), Rules);
        return (host.Ruleset(family), taken.Any(PrintedWithLoss.Contains));
    }
}
