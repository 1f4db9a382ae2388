using System.Diagnostics;
using System.Globalization;
using Netfilter.Sim.Benchmarks.Kube;
using Netfilter.Sim.Benchmarks.Scale;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Benchmarks.Parsing;

/// <summary><c>parse [--rules 100000]</c>: how fast a dump of kube-proxy's shape is read, and what a rule of it keeps in memory.</summary>
internal static class ParseCommand
{
    private const int RulesPerService = 11;
    private const int WarmUps = 5;
    private const int Runs = 5;
    private const string LegacyRestore = "/usr/sbin/iptables-legacy-restore";

    public static int Run(ReadOnlySpan<string> arguments)
    {
        int wanted = 100_000;
        if (arguments is not [] && !(arguments is ["--rules", string number] && int.TryParse(number, CultureInfo.InvariantCulture, out wanted)))
        {
            Console.Error.WriteLine("parse [--rules 100000]");
            return 2;
        }
        KubeRules rules = new(Math.Max(1, wanted / RulesPerService));
        string text = rules.Write();
        for (int i = 0; i < WarmUps; i++)
        {
            GC.KeepAlive(Ruleset.Parse(text));
            // The runtime compiles what is hot anew in the background: let it.
            Thread.Sleep(200);
        }
        double milliseconds = Median(() => Ruleset.Parse(text));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{rules.RuleCount} rules: {milliseconds:F0} ms, {rules.RuleCount / milliseconds:F0}k rules/s, {KeptBytes(text) / rules.RuleCount:F0} bytes kept a rule"));
        Console.WriteLine(Legacy(text));
        return 0;
    }

    private static double Median(Action read)
    {
        List<double> times = [];
        for (int i = 0; i < Runs; i++)
        {
            GC.Collect();
            double started = CpuClock.Nanoseconds();
            read();
            times.Add((CpuClock.Nanoseconds() - started) / 1e6);
        }
        times.Sort();
        return times[Runs / 2];
    }

    private static double KeptBytes(string text)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Ruleset ruleset = Ruleset.Parse(text);
        double kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(ruleset);
        return kept;
    }

    // The tool wants root even to test, since it asks the kernel for its tables.
    private static string Legacy(string text)
    {
        if (!File.Exists(LegacyRestore) || !Environment.IsPrivilegedProcess)
        {
            return "iptables-legacy-restore --test: skipped (it is not there, or we are not root)";
        }
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            double started = CpuClock.ChildrenNanoseconds();
            using Process process = Process.Start(LegacyRestore, ["--test", file]);
            process.WaitForExit();
            return process.ExitCode != 0
                ? string.Create(CultureInfo.InvariantCulture, $"iptables-legacy-restore --test: skipped (it fails here with {process.ExitCode})")
                : string.Create(CultureInfo.InvariantCulture, $"iptables-legacy-restore --test: {(CpuClock.ChildrenNanoseconds() - started) / 1e6:F0} ms of CPU time");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
