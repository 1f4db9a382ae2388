using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Tests.Determinism;

public class ManualTimeProviderTests
{
    [Fact]
    public void Clock_StandsUntilTurned()
    {
        ManualTimeProvider clock = new();
        clock.GetUtcNow().ShouldBe(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
        long before = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromMilliseconds(1500));
        clock.GetElapsedTime(before).ShouldBe(TimeSpan.FromMilliseconds(1500));
        clock.LocalTimeZone.ShouldBe(TimeZoneInfo.Utc);
        Should.Throw<ArgumentOutOfRangeException>(() => clock.Advance(TimeSpan.FromTicks(-1)));
    }

    [Fact]
    public void Timers_FireInTheOrderOfTheirDeadlines_EachAtItsMoment()
    {
        ManualTimeProvider clock = new();
        DateTimeOffset start = clock.GetUtcNow();
        List<string> fired = [];
        void Note(object? name) => fired.Add(FormattableString.Invariant($"{name}@{(clock.GetUtcNow() - start).TotalSeconds}"));
        using ITimer late = clock.CreateTimer(Note, "late", TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using ITimer early = clock.CreateTimer(Note, "early", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using ITimer periodic = clock.CreateTimer(Note, "tick", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        using ITimer gone = clock.CreateTimer(Note, "gone", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using ITimer moved = clock.CreateTimer(Note, "moved", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        gone.Dispose();
        moved.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(5));
        fired.ShouldBe(["early@1", "tick@2", "moved@3", "tick@4", "late@5"]);
        clock.Advance(TimeSpan.FromSeconds(1));
        fired[^1].ShouldBe("tick@6");
    }

    [Fact]
    public void Timer_SetByAnotherInTheSpan_FiresInTheSameTurn()
    {
        ManualTimeProvider clock = new();
        int fired = 0;
        using ITimer outer = clock.CreateTimer(
            _ => clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan),
            null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(2));
        fired.ShouldBe(1);
    }
}
