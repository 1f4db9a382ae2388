using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Syntax;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Fuzzing;

/// <summary>
/// Measures how the cost of reading grows with the text: inputs made by random changes are grown by doubling, as a whole, in one
/// line, and in one word. The cost is the processor time of this process alone, the least of several runs.
/// </summary>
public sealed class FuzzGrowth
{
    private const int Runs = 3, FirstLength = 16 * 1024, Doublings = 3;

    // Below this a cost says more of the clock than of the reader.
    private const double LeastMilliseconds = 2;

    private readonly FuzzCorpus _corpus = FuzzCorpus.Load();

    /// <summary>Grows inputs and measures each.</summary>
    /// <param name="count">Number of inputs.</param>
    /// <param name="seed">Everything follows from it.</param>
    /// <returns>What was measured, those that grow fastest first.</returns>
    public IReadOnlyList<GrowthMeasure> Run(int count, ulong seed)
    {
        List<GrowthMeasure> measures = [];
        for (int i = 0; i < count; i++)
        {
            FuzzMutator mutator = new(_corpus, seed + (ulong)i);
            (string kind, Func<int, Action> grown) = Input(mutator);
            double[] costs = new double[Doublings + 1];
            grown(1)();
            for (int doubling = 0; doubling <= Doublings; doubling++)
            {
                costs[doubling] = Cost(grown(1 << doubling));
            }
            if (costs[^1] >= LeastMilliseconds)
            {
                measures.Add(new GrowthMeasure(seed + (ulong)i, kind, [.. costs]));
            }
        }
        return [.. measures.OrderByDescending(measure => measure.Exponent)];
    }

    private (string Kind, Func<int, Action> Grown) Input(FuzzMutator mutator)
    {
        switch (mutator.Next(4))
        {
            case 0:
                (bool isIPv6, string[] lines) = mutator.One(_corpus.Dumps);
                string dump = Repeated((mutator.Next(2) == 0 ? string.Join('\n', lines) : mutator.Dump(lines)) + "\n");
                string program = isIPv6 ? "ip6tables-restore" : "iptables-restore";

                // Not with -n: what every COMMIT adds would stay, and the next costs the whole table, as it does in Linux.
                return ("dump", times => () => Shell([program], Times(dump, times)));
            case 1:
                (bool isWide, string[] rules) = mutator.One(_corpus.Dumps);
                string line = mutator.One([.. rules.Where(rule => rule.StartsWith("-A ", StringComparison.Ordinal)), "-A INPUT -j ACCEPT"]);
                line = string.Join(' ', ["-A INPUT", .. line.Split(' ').Skip(2)]);
                string text = "*filter\n" + Repeated(line + "\n");
                IpFamily family = isWide ? IpFamily.IPv6 : IpFamily.IPv4;
                return ("line", times => () => Ruleset.TryParse(Times(text, times) + "COMMIT\n", family, out _, out _));
            case 2:
                string[] words = mutator.One(_corpus.Commands).Words;
                List<string> command = mutator.Command(words);
                int place = 1 + mutator.Next(Math.Max(1, command.Count - 1));
                string word = place < command.Count ? command[place] : "";
                string unit = Repeated(word.Length == 0 ? "," : word);
                return ("word", times => () => Shell(WithWord(command, place, Times(unit, times)), ""));
            default:
                IReadOnlyList<string> sets = mutator.One(_corpus.SetTexts).Split('\n');
                string input = Repeated(mutator.Dump(sets) + "\n");
                return ("ipset", times => () => Shell(["ipset", "-exist", "restore"], Times(input, times)));
        }
    }

    private static List<string> WithWord(List<string> command, int place, string word)
    {
        List<string> longer = [.. command];
        longer[Math.Min(place, longer.Count - 1)] = word;
        return longer;
    }

    private static string Repeated(string unit) => Times(unit, Math.Max(1, FirstLength / unit.Length));

    private static string Times(string unit, int times) => string.Concat(Enumerable.Repeat(unit, times));

    private static void Shell(IReadOnlyList<string> words, string input)
    {
        IptablesShell shell = new(new NetworkNamespace("growth"));
        shell.Execute("ipset restore", RecordedEnvironment.SyntaxSets);
        shell.Execute(words, input);
    }

    private static double Cost(Action action)
    {
        double least = double.MaxValue;
        for (int run = 0; run < Runs; run++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            action();
            least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        }
        return least;
    }
}

/// <summary>How an input's cost grew.</summary>
/// <param name="Seed">What makes it again.</param>
/// <param name="Kind">What was grown.</param>
/// <param name="Milliseconds">The cost of the input, of twice, four times and eight times of it.</param>
public sealed record GrowthMeasure(ulong Seed, string Kind, EquatableArray<double> Milliseconds)
{
    /// <summary>The power of the length that the cost follows, over the last two doublings: 1 is linear.</summary>
    public double Exponent => Math.Log2(Milliseconds[^1] / Math.Max(Milliseconds[^3], 0.001)) / 2;

    private string Costs() => string.Join(", ", Milliseconds.Select(cost => cost.ToString("F1", CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Kind} {Seed}: exponent {Exponent:F2} ({Costs()} ms)");
}
