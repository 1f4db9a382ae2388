using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Extensions;

/// <summary>What follows from every declaration: valid samples, and a text that reads back.</summary>
public sealed class ExtensionRoundTripTests
{
    private const int Samples = 60;

    // What iptables prints of these is not always what it read: rates are rounded, 255/n reads as any, and a list's mask that
    // was not given is longer than the printed one.
    private static readonly string[] PrintedWithLoss = ["limit", "hashlimit", "icmp", "recent"];

    // Needs a security module, which the modelled kernel does not run.
    private static readonly string[] RefusedByTheKernel = ["SECMARK"];

    private const string Sets = "create bm bitmap:port range 0-65535\n";

    public static TheoryData<string, bool, IpFamily> Extensions()
    {
        TheoryData<string, bool, IpFamily> data = [];
        foreach (ExtensionDeclaration extension in ExtensionRegistry.Default.All.Where(extension => extension.InKernel))
        {
            foreach (IpFamily family in Enum.GetValues<IpFamily>().Where(extension.IsFor))
            {
                data.Add(extension.Name, extension is MatchDeclaration, family);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Rule_SampledFromTheDeclaration_PrintsToALineThatReadsBack(string name, bool isMatch, IpFamily family)
    {
        ExtensionDeclaration extension = isMatch
            ? ExtensionRegistry.Default.FindMatch(name, family)!
            : ExtensionRegistry.Default.FindTarget(name, family)!;
        int loaded = 0;
        for (ulong seed = 1; seed <= Samples; seed++)
        {
            NetworkNamespace host = new("sample");
            IptablesShell shell = new(host, environment: new EverythingExists());
            shell.Execute("ipset restore", Sets);
            (string table, string chain, List<string> words) = ExtensionSamples.Rule(extension, new SeededSampleSource(seed, family));
            string tool = family == IpFamily.IPv4 ? "iptables" : "ip6tables";
            ShellResult result = shell.Execute([tool, "-t", table, "-A", chain, .. words]);
            string command = string.Join(' ', words);

            // Whether a use goes at its place is the kernel's to say; that it can be read is the declaration's.
            result.ExitCode.ShouldBeOneOf([0, 1], $"{table} {chain} {command}: {result.Stderr}");
            if (result.ExitCode != 0)
            {
                continue;
            }
            loaded++;
            Ruleset first = host.Ruleset(family);
            string text = first.ToText(environment: new EverythingExists());
            Ruleset second = Read(tool, family, text);
            second.ToText(environment: new EverythingExists()).ShouldBe(text, command);
            Read(tool, family, text).ShouldBe(second, command);
            if (!PrintedWithLoss.Contains(name))
            {
                (second == first || second.Equals(first)).ShouldBeTrue($"{command}\nprints {text}");
            }
        }
        (loaded > 0 || RefusedByTheKernel.Contains(name)).ShouldBeTrue($"no sample of {name} could be loaded");
    }

    private static Ruleset Read(string tool, IpFamily family, string text)
    {
        NetworkNamespace host = new("again");
        IptablesShell shell = new(host, environment: new EverythingExists());
        shell.Execute("ipset restore", Sets);
        ShellResult result = shell.Execute($"{tool}-restore", text);
        result.ExitCode.ShouldBe(0, text + result.Stderr);
        return host.Ruleset(family);
    }

    /// <summary>An environment in which nothing that a rule names is missing.</summary>
    private sealed class EverythingExists : RuleEnvironment
    {
        public override bool HasAccounting(string name) => true;

        public override bool HasRateEstimator(string name) => true;

        public override bool HasCgroup(string path) => true;
    }
}
