namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>When kube-proxy syncs: at once after a quiet time, at most once an interval in a burst, again after an
/// error, and every hour in any case.</summary>
/// <remarks>pkg/proxy/runner/bounded_frequency_runner.go of v1.36. Requests made while a sync runs or cools down
/// become one. It holds no clock and no timer: who drives it asks <see cref="NextRun"/> and says what happened.
/// </remarks>
public sealed class SyncSchedule
{
    private readonly TimeSpan _minInterval;
    private readonly TimeSpan _retryInterval;
    private readonly TimeSpan _maxInterval;
    private DateTimeOffset? _requested;
    private DateTimeOffset? _lastEnd;
    private DateTimeOffset _timer;

    /// <summary>Makes a schedule that has not run yet.</summary>
    /// <param name="start">When it starts.</param>
    /// <param name="minInterval">The shortest time from the end of a sync to the next one.</param>
    /// <param name="retryInterval">How long after an error it tries again at the latest.</param>
    /// <param name="maxInterval">How long it stays without a sync at the most; an hour when null.</param>
    public SyncSchedule(
        DateTimeOffset start, TimeSpan minInterval, TimeSpan retryInterval, TimeSpan? maxInterval = null)
    {
        _minInterval = minInterval;
        _retryInterval = retryInterval;
        _maxInterval = maxInterval ?? TimeSpan.FromHours(1);
        _timer = start + _maxInterval;
    }

    /// <summary>When the next sync is due, given what was asked for so far.</summary>
    public DateTimeOffset NextRun
    {
        get
        {
            DateTimeOffset due = _requested is { } requested && requested < _timer ? requested : _timer;
            DateTimeOffset rested = _lastEnd is { } end ? end + _minInterval : due;
            return due > rested ? due : rested;
        }
    }

    /// <summary>Asks for a sync.</summary>
    /// <param name="now">When.</param>
    public void Request(DateTimeOffset now) => _requested ??= now;

    /// <summary>Notes that a sync begins; requests made until now are served by it.</summary>
    public void Begin() => _requested = null;

    /// <summary>Notes that a sync ended.</summary>
    /// <param name="now">When.</param>
    /// <param name="succeeded">Whether it worked.</param>
    public void End(DateTimeOffset now, bool succeeded)
    {
        _lastEnd = now;
        TimeSpan wait = succeeded || _retryInterval > _maxInterval ? _maxInterval : _retryInterval;
        _timer = now + wait;
    }
}
