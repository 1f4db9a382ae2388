using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Benchmarks.Kube;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Benchmarks.Scale;

/// <summary><c>scale [--services 100,1000,10000] [--json]</c>: how the cost of a packet grows with the number of services.</summary>
internal static class ScaleCommand
{
    // No more connections than this are ever in the table.
    private const int Flows = 2000;
    private const int Batches = 301;
    private const int WarmUpRounds = 15;

    public static int Run(ReadOnlySpan<string> arguments)
    {
        int[] services = [100, 1000, 10_000];
        bool isJson = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--json")
            {
                isJson = true;
            }
            else if (arguments[i] == "--services" && i + 1 < arguments.Length)
            {
                services = [.. arguments[++i].Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
            }
            else
            {
                Console.Error.WriteLine($"scale [--services 100,1000,10000] [--json]: '{arguments[i]}'");
                return 2;
            }
        }
        List<ScaleResult> results = [.. services.Select(Measure)];
        Console.Write(isJson ? ScaleReport.Json(results) : ScaleReport.Table(results));
        return 0;
    }

    private static ScaleResult Measure(int services)
    {
        KubeNode node = new(services);
        string text = node.Rules.Write();
        long memory = GC.GetTotalMemory(forceFullCollection: true);
        double started = CpuClock.Nanoseconds();
        node.Load(text);
        double load = (CpuClock.Nanoseconds() - started) / 1e6;
        memory = GC.GetTotalMemory(forceFullCollection: true) - memory;
        int[] order = Shuffled(services);
        (double fresh, double freshBest, double freshBytes) = MeasureBatches(node, Batches, node.Forget, (flow, service) => node.OpenPacket(service, flow), order);
        (double established, double establishedBest, double establishedBytes) = MeasureEstablished(node, order);
        node.IsLinear = true;
        (double linear, _, _) = MeasureBatches(node, services > 5000 ? 3 : 9, node.Forget, (flow, service) => node.OpenPacket(service, flow), order);
        int rules = node.Rules.RuleCount;
        long compiled = node.Host.Xtables(IpFamily.IPv4).Require(TableDefinition.Nat).EstimateBytes();
        return new ScaleResult
        {
            Services = services,
            Rules = rules,
            NewNanoseconds = fresh,
            NewNanosecondsBest = freshBest,
            EstablishedNanoseconds = established,
            EstablishedNanosecondsBest = establishedBest,
            LinearNanoseconds = linear,
            LoadMilliseconds = load,
            BytesPerRule = (double)memory / rules,
            CompiledBytesPerRule = (double)compiled / rules,
            AllocatedPerNew = freshBytes,
            AllocatedPerEstablished = establishedBytes,
        };
    }

    private static (double Median, double Best, double Bytes) MeasureEstablished(KubeNode node, int[] order)
    {
        node.Forget();
        for (int flow = 0; flow < Flows; flow++)
        {
            int service = order[flow % order.Length];
            node.Open(service, flow);
            node.Establish(service, flow);
        }
        return MeasureBatches(node, Batches, () => { }, (flow, service) => node.DataPacket(service, flow), order[..Math.Min(order.Length, Flows)]);
    }

    private static (double Median, double Best, double Bytes) MeasureBatches(
        KubeNode node, int batches, Action before, Func<int, int, byte[]> packet, int[] order)
    {
        List<double> times = [];
        long allocated = 0;
        int next = 0;
        // All services in turn, as many packets as there are: what is timed is neither their making nor the way of new
        // memory into the cache, but it is the way of every service's rules.
        byte[][] packets = [.. Enumerable.Range(0, Math.Max(Flows, order.Length)).Select(i => packet(i % Flows, order[i % order.Length]))];
        // The runtime compiles what is hot anew in the background: let it.
        for (int round = 0; round < WarmUpRounds; round++)
        {
            for (int i = 0; i < (node.IsLinear ? 1 : 20); i++)
            {
                RunBatch();
            }
            Thread.Sleep(100);
        }
        for (int batch = 0; batch < batches; batch++)
        {
            (double time, long bytes) = RunBatch();
            times.Add(time);
            allocated += bytes;
        }
        times.Sort();
        return (times[times.Count / 2], times[0], (double)allocated / (batches * Flows));

        (double Nanoseconds, long Bytes) RunBatch()
        {
            before();
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            double started = CpuClock.Nanoseconds();
            for (int flow = 0; flow < Flows; flow++)
            {
                node.Pass(packets[next]);
                next = next + 1 == packets.Length ? 0 : next + 1;
            }
            double time = (CpuClock.Nanoseconds() - started) / Flows;
            return (time, GC.GetAllocatedBytesForCurrentThread() - bytes);
        }
    }

    // The services in a random order that is the same every time.
    private static int[] Shuffled(int services)
    {
        int[] order = [.. Enumerable.Range(0, services)];
        new Random(services).Shuffle(order);
        return order;
    }
}
