using System.Globalization;
using System.Text.Json;
using Netfilter.Sim.Benchmarks.Scale;

namespace Netfilter.Sim.Benchmarks.Kube;

/// <summary><c>kube [--services 10000] [--json]</c>: what a sync of kube-proxy costs, full, as an edit and as a partial text.</summary>
internal static class KubeCommand
{
    private const int WarmUps = 3;
    private const int FullRounds = 5;
    private const int PartialRounds = 51;

    public static int Run(ReadOnlySpan<string> arguments)
    {
        int services = 10_000;
        bool isJson = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--json")
            {
                isJson = true;
            }
            else if (arguments[i] != "--services" || ++i == arguments.Length
                || !int.TryParse(arguments[i], CultureInfo.InvariantCulture, out services) || services < 1)
            {
                Console.Error.WriteLine("kube [--services 10000] [--json]");
                return 2;
            }
        }
        KubeResult result = Measure(services);
        Console.WriteLine(isJson ? JsonSerializer.Serialize(result, KubeResult.Indented) : result.ToString());
        return 0;
    }

    private static KubeResult Measure(int services)
    {
        ProxiedNode node = new(services);
        double full = Median(WarmUps, FullRounds, () => { }, node.SyncFully);
        double edit = Median(WarmUps * 20, PartialRounds, node.MoveEndpoint, node.SyncByEdit);
        double text = Median(WarmUps * 3, PartialRounds / 3, node.MoveEndpoint, node.SyncByText);
        return new KubeResult
        {
            Services = services,
            Rules = node.RuleCount,
            FullMilliseconds = full,
            EditMilliseconds = edit,
            TextMilliseconds = text,
        };
    }

    private static double Median(int warmUps, int rounds, Action prepare, Action measured)
    {
        List<double> times = [];
        for (int i = -warmUps; i < rounds; i++)
        {
            prepare();
            GC.Collect();
            double started = CpuClock.Nanoseconds();
            measured();
            if (i >= 0)
            {
                times.Add((CpuClock.Nanoseconds() - started) / 1e6);
            }
            else
            {
                // The runtime compiles what is hot anew in the background: let it.
                Thread.Sleep(50);
            }
        }
        times.Sort();
        return times[rounds / 2];
    }
}
