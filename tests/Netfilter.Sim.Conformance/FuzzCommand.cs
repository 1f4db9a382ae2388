using System.Globalization;
using Netfilter.Sim.TestKit.Fuzzing;

namespace Netfilter.Sim.Conformance;

/// <summary><c>--fuzz N [--seed S]</c>: runs randomly changed inputs.</summary>
internal static class FuzzCommand
{
    private const int Shown = 20;

    // Between linear and quadratic; a clock on a busy machine is not exact.
    private const double MostExponent = 1.5;

    /// <returns>0 when every input ended as documented, otherwise 1.</returns>
    /// <exception cref="ArgumentException">A number is none.</exception>
    public static int Run(string count, string seed, TextWriter output)
    {
        (int inputs, ulong first) = Read(count, seed);
        FuzzReport report = new Fuzzer().Run(inputs, first);
        foreach ((ulong at, string what) in report.Failures.Take(Shown))
        {
            output.WriteLine($"FAILED --fuzz 1 --seed {at}: {what}");
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Total} inputs ({report.Commands} commands, {report.Dumps} dumps, {report.Packets} packets), {report.Accepted} accepted; at most {report.MicrosecondsPerCharacter:F1} µs a character read; {report.Failures.Count} failed"));
        return report.Failures.Count == 0 ? 0 : 1;
    }

    /// <summary><c>--growth N [--seed S]</c>: doubles inputs and prints the fastest growing ones.</summary>
    /// <returns>0 when none grows clearly faster than its length, otherwise 1.</returns>
    /// <exception cref="ArgumentException">A number is none.</exception>
    public static int Grow(string count, string seed, TextWriter output)
    {
        (int inputs, ulong first) = Read(count, seed);
        IReadOnlyList<GrowthMeasure> measures = new FuzzGrowth().Run(inputs, first);
        foreach (GrowthMeasure measure in measures.Take(Shown))
        {
            output.WriteLine(measure);
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{inputs} inputs, {measures.Count} dear enough to measure; the worst exponent is {(measures.Count == 0 ? 0 : measures[0].Exponent):F2}"));
        return measures.Any(measure => measure.Exponent > MostExponent) ? 1 : 0;
    }

    private static (int Inputs, ulong First) Read(string count, string seed) =>
        int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int inputs)
        && ulong.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out ulong first)
            ? (inputs, first)
            : throw new ArgumentException("N or S is not a number");
}
