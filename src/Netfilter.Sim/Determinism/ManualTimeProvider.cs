namespace Netfilter.Sim.Determinism;

/// <summary>
/// A clock that stands still until it is turned (D9). Timers made of it fire while it is advanced, in the order of their
/// deadlines, each at its own moment; those of one moment in the order they were set.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly PriorityQueue<ManualTimer, (long Ticks, long Order)> _timers = new();
    private DateTimeOffset _now;
    private long _order;

    /// <summary>Makes a clock.</summary>
    /// <param name="start">Where it stands; null for 2024-01-01 00:00 UTC.</param>
    public ManualTimeProvider(DateTimeOffset? start = null) =>
        _now = start ?? new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>UTC, wherever the program runs.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Turns the clock forward and fires what is due on the way.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        AdvanceTo(_now + time);
    }

    /// <summary>Turns the clock forward to an instant and fires what is due on the way.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The instant has passed.</exception>
    public void AdvanceTo(DateTimeOffset instant)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(instant, _now);
        while (_timers.TryPeek(out ManualTimer? timer, out (long Ticks, long Order) due) && due.Ticks <= instant.UtcTicks)
        {
            _timers.Dequeue();
            if (timer.IsDue(due))
            {
                _now = new DateTimeOffset(Math.Max(due.Ticks, _now.UtcTicks), TimeSpan.Zero);
                timer.Fire();
            }
        }
        _now = instant > _now ? instant : _now;
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now.UtcTicks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ManualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private (long Ticks, long Order) Schedule(ManualTimer timer, TimeSpan after)
    {
        (long Ticks, long Order) due = (_now.UtcTicks + after.Ticks, _order++);
        _timers.Enqueue(timer, due);
        return due;
    }

    // A timer that was changed stays in the queue under its old deadline and is passed over there.
    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private (long Ticks, long Order)? _due;
        private TimeSpan _period;

        public bool IsDue((long Ticks, long Order) due) => _due == due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock.Schedule(this, dueTime);
            _period = period;
            return true;
        }

        public void Fire()
        {
            _due = _period > TimeSpan.Zero ? clock.Schedule(this, _period) : null;
            callback(state);
        }

        public void Dispose() => _due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
