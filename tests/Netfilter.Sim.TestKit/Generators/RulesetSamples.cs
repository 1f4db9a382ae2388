using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Generators;

/// <summary>Rules of all extensions, with chains of their own and jumps, put into a namespace as a user would: one command each.</summary>
public static class RulesetSamples
{
    private const int Chains = 4;

    /// <summary>Adds rules; those that the kernel refuses at their place stay out.</summary>
    /// <param name="host">Where to.</param>
    /// <param name="source">What is random, and for which family.</param>
    /// <param name="rules">How many are tried.</param>
    /// <returns>The names of the extensions whose rules were taken.</returns>
    /// <exception cref="InvalidOperationException">A tool ended in a way that no kernel causes.</exception>
    public static IReadOnlyList<string> Fill(NetworkNamespace host, ISampleSource source, int rules)
    {
        ExtensionDeclaration[] all = [.. ExtensionRegistry.Default.All.Where(extension => extension.IsFor(source.Family))];
        IptablesShell shell = new(host);
        string tool = source.Family == IpFamily.IPv4 ? "iptables" : "ip6tables";
        MakeWhatSamplesName(host, shell, tool);
        List<string> taken = [];
        for (int number = 0; number < rules; number++)
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
            if (result.ExitCode is < 0 or > 4)
            {
                throw new InvalidOperationException($"{string.Join(' ', words)}: exit code {result.ExitCode}: {result.Stderr}");
            }
            if (result.ExitCode == 0)
            {
                taken.Add(extension.Name);
            }
        }
        return taken;
    }

    private static void MakeWhatSamplesName(NetworkNamespace host, IptablesShell shell, string tool)
    {
        shell.Execute("ipset restore", "create bm bitmap:port range 0-65535\n");
        host.AddAccountingObject("http");
        shell.Execute($"{tool} -t mangle -A PREROUTING -j RATEEST --rateest-name RE1 --rateest-interval 250ms --rateest-ewmalog 500ms");
    }
}
