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
    private const int Children = -1;

    public static double Nanoseconds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Stopwatch.GetElapsedTime(0).TotalNanoseconds;
        }
        _ = GetTime(ThreadCpuTime, out Timespec time);
        return (time.Seconds * 1e9) + time.Nanoseconds;
    }

    /// <summary>Time that child processes that have ended computed; Linux only.</summary>
    public static double ChildrenNanoseconds()
    {
        _ = GetUsage(Children, out Usage usage);
        return ((usage.UserSeconds + usage.SystemSeconds) * 1e9) + ((usage.UserMicroseconds + usage.SystemMicroseconds) * 1e3);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, out Usage usage);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Timespec time);

    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    // struct rusage: two times, then 14 numbers that nobody asks for here.
    [StructLayout(LayoutKind.Sequential, Size = 18 * 8)]
    private struct Usage
    {
        public nint UserSeconds;
        public nint UserMicroseconds;
        public nint SystemSeconds;
        public nint SystemMicroseconds;
    }
}
