using System.Globalization;
using Netfilter.Sim.TestKit.Fuzzing;

namespace Netfilter.Sim.Conformance;

/// <summary><c>--fuzz N [--seed S]</c>: runs randomly changed inputs.</summary>
internal static class FuzzCommand
{
    private const int Shown = 20;

    /// <returns>0 when every input ended as documented, otherwise 1.</returns>
    /// <exception cref="ArgumentException">A number is none.</exception>
    public static int Run(string count, string seed, TextWriter output)
    {
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int inputs)
            || !ulong.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out ulong first))
        {
            throw new ArgumentException("--fuzz N [--seed S]: not a number");
        }
        FuzzReport report = new Fuzzer().Run(inputs, first);
        foreach ((ulong at, string what) in report.Failures.Take(Shown))
        {
            output.WriteLine($"FAILED --fuzz 1 --seed {at}: {what}");
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Total} inputs ({report.Commands} commands, {report.Dumps} dumps, {report.Packets} packets), {report.Accepted} accepted; at most {report.MicrosecondsPerCharacter:F1} µs a character read; {report.Failures.Count} failed"));
        return report.Failures.Count == 0 ? 0 : 1;
    }
}
