namespace Netfilter.Sim.TestKit.Kube;

/// <summary>A clock that stands until a case moves it.</summary>
public sealed class CaseClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <summary>Moves the clock forward.</summary>
    public void Advance(TimeSpan time) => _now += time;

    /// <summary>Moves the clock to just after a span from an instant, if it is not there yet.</summary>
    public void MovePast(DateTimeOffset? since, TimeSpan span)
    {
        DateTimeOffset target = (since ?? _now) + span + TimeSpan.FromTicks(1);
        _now = target > _now ? target : _now;
    }
}
