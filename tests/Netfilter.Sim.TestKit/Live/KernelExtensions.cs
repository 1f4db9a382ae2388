using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Finds out which extensions the kernel and its tools have.</summary>
internal static class KernelExtensions
{
    private static readonly string[] Missing = ["No such file or directory", "Couldn't load", "No chain/target/match by that name", "missing kernel module"];

    /// <summary>Names of those that are not there, in the namespace that the thread is in.</summary>
    public static HashSet<string> FindMissing(IpFamily family)
    {
        LiveSource source = new(1, family) { Addresses = family == IpFamily.IPv4 ? ["192.0.2.1"] : ["2001:db8::1"] };
        HashSet<string> missing = [];
        foreach (ExtensionDeclaration extension in ExtensionRegistry.Default.All.Where(extension =>
            extension.IsFor(family) && !LeftOut.Extensions.ContainsKey(extension.Name) && !LeftOut.RandomOptions.ContainsKey(extension.Name)))
        {
            if (Accepted(extension, source) is { } words && IsMissing(LiveNamespace.Run(words).Errors))
            {
                missing.Add(extension.Name);
            }
        }
        return missing;
    }

    private static bool IsMissing(string errors) => Missing.Any(text => errors.Contains(text, StringComparison.Ordinal));

    // A rule that the simulator takes: what the kernel says of it is about the extension.
    private static List<string>? Accepted(ExtensionDeclaration extension, LiveSource source)
    {
        const int Tries = 20;
        string tool = source.IsIPv6 ? "ip6tables" : "iptables";
        for (int i = 0; i < Tries; i++)
        {
            (string table, string chain, List<string> words) = ExtensionSamples.Rule(extension, source);
            List<string> command = [tool, "-t", table, "-A", chain, .. words];
            if (new IptablesShell(new NetworkNamespace("probe")).Execute(command).ExitCode == 0)
            {
                return command;
            }
        }
        return null;
    }
}
