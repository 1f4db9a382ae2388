using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Netfilter.Sim.Benchmarks.Scale;

/// <summary>
/// Time that this thread has computed, so that other work on the machine disturbs less; elsewhere than on Linux the time
/// that has passed.
/// </summary>
internal static partial class CpuClock
{
    private const int ThreadCpuTime = 3;

    public static double Nanoseconds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Stopwatch.GetElapsedTime(0).TotalNanoseconds;
        }
        _ = GetTime(ThreadCpuTime, out Timespec time);
        return (time.Seconds * 1e9) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Timespec time);

    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
