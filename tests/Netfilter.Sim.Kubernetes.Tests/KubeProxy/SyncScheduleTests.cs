using Netfilter.Sim.Kubernetes.KubeProxy;

namespace Netfilter.Sim.Kubernetes.Tests.KubeProxy;

public class SyncScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly SyncSchedule _schedule = new(Start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    [Fact]
    public void NextRun_RequestAfterAQuietTime_IsAtOnce()
    {
        _schedule.Request(Start.AddSeconds(7));

        _schedule.NextRun.ShouldBe(Start.AddSeconds(7));
    }

    [Fact]
    public void NextRun_RequestsInABurst_WaitTheIntervalFromTheEndOfTheRun()
    {
        Run(Start, Start.AddMilliseconds(400));
        _schedule.Request(Start.AddMilliseconds(500));
        _schedule.Request(Start.AddMilliseconds(900));

        _schedule.NextRun.ShouldBe(Start.AddMilliseconds(1400));
        Run(_schedule.NextRun, _schedule.NextRun);
        _schedule.NextRun.ShouldBe(Start.AddMilliseconds(1400).AddHours(1));
    }

    [Fact]
    public void NextRun_AfterAnError_IsTheRetryInterval()
    {
        _schedule.Begin();
        _schedule.End(Start, succeeded: false);

        _schedule.NextRun.ShouldBe(Start.AddSeconds(30));
    }

    private void Run(DateTimeOffset begin, DateTimeOffset end)
    {
        _schedule.Request(begin);
        _schedule.Begin();
        _schedule.End(end, succeeded: true);
    }
}
