using System.Globalization;
using System.Runtime.InteropServices;
using Netfilter.Sim.TestKit.Live;

namespace Netfilter.Sim.Conformance;

/// <summary><c>--live N [--seed S]</c>: compares with the kernel of this machine.</summary>
internal static class LiveCommand
{
    private const int Broken = 2;
    private const int Interrupted = 130;

    /// <returns>0 when nothing differs or the machine cannot do it, 1 when something does, 130 when interrupted.</returns>
    /// <exception cref="ArgumentException">The words are not those of the command.</exception>
    public static int Run(IReadOnlyList<string> words, TextWriter output)
    {
        (long packets, ulong seed, int most) = Parse(words);
        if (LiveRequirements.Here.Missing is { } missing)
        {
            output.WriteLine($"live comparison skipped: {missing}");
            return 0;
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        using CancellationTokenSource cancellation = new();
        using MachineSwitches switches = new(MachineSwitches.Needed);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            cancellation.Cancel();
        }
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        using LiveComparison comparison = new(packets, seed, output, cancellation.Token) { MostDifferences = most };
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                comparison.Run();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        if (cancellation.IsCancellationRequested)
        {
            output.WriteLine("interrupted");
            return Interrupted;
        }
        if (failure is not null)
        {
            // A mistake of this program needs to be found: where it was made says more than what.
            output.WriteLine(failure is LiveException ? failure.Message : failure.ToString());
            return Broken;
        }
        return comparison.Differences == 0 ? 0 : 1;
    }

    private static (long Packets, ulong Seed, int Most) Parse(IReadOnlyList<string> words)
    {
        long packets = 0;
        ulong seed = (ulong)Random.Shared.Next(1, int.MaxValue);
        int most = 1;
        for (int i = 0; i + 1 < words.Count; i += 2)
        {
            bool isGood = words[i] switch
            {
                "--live" => long.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out packets) && packets > 0,
                "--seed" => words[i + 1] == "random" || ulong.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out seed),
                "--differences" => int.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out most) && most > 0,
                _ => false,
            };
            if (!isGood)
            {
                throw new ArgumentException($"--live N [--seed S|random] [--differences N]: not {words[i]} {words[i + 1]}");
            }
        }
        return packets > 0 && words.Count % 2 == 0
            ? (packets, seed, most)
            : throw new ArgumentException("--live N [--seed S|random] [--differences N]: a value is missing");
    }
}
