using FsCheck.Fluent;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Extensions;

/// <summary>Whole tables of rules of all extensions, with chains of their own and jumps.</summary>
public sealed class RandomRulesetTests
{
    private const int Rules = 12;
    private const int Chains = 4;

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

    // Rules go in one by one, as a user would add them; those that the kernel refuses at their place stay out.
    private static (Ruleset Ruleset, bool LosesInPrint) Make(ulong seed, IpFamily family)
    {
        SeededSampleSource source = new(seed, family);
        ExtensionDeclaration[] all = [.. ExtensionRegistry.Default.All.Where(extension => extension.IsFor(family))];
        NetworkNamespace host = new("random");
        IptablesShell shell = new(host);
        shell.Execute("ipset restore", "create bm bitmap:port range 0-65535\n");
        string tool = family == IpFamily.IPv4 ? "iptables" : "ip6tables";
        bool losesInPrint = false;
        for (int number = 0; number < Rules; number++)
        {
            ExtensionDeclaration extension = all[source.Next(all.Length)];
            (string table, string chain, List<string> words) = ExtensionSamples.Rule(extension, source);
            string own = $"chain{source.Next(Chains)}";
            shell.Execute([tool, "-t", table, "-N", own]);
            shell.Execute([tool, "-t", table, "-A", chain, "-j", own]);
            bool isTarget = extension is TargetDeclaration;
            List<string> target = isTarget || source.Next(3) > 0 ? [] : ["-j", source.Next(2) == 0 ? "ACCEPT" : "RETURN"];
            string place = source.Next(2) == 0 ? own : chain;
            ShellResult result = shell.Execute([tool, "-t", table, "-A", place, .. words, .. target]);
            result.ExitCode.ShouldBeInRange(0, 4, result.Stderr);
            losesInPrint |= result.ExitCode == 0 && PrintedWithLoss.Contains(extension.Name);
        }
        return (host.Ruleset(family), losesInPrint);
    }
}
