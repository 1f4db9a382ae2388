using Netfilter.Sim.Determinism;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// A rate estimator (<c>net/core/gen_estimator.c</c>): a timer looks at the counters at intervals and moves two averages. The
/// timer is caught up with when somebody counts or asks.
/// </summary>
internal sealed class EstimatorState : RuleState
{
    // Timers of up to this many jiffies are exact, later ones are rounded up by the levels of the timer wheel (kernel/time/timer.c).
    private const int FirstLevel = 63, LevelBits = 3;

    private ulong _bytes, _packets, _lastBytes, _lastPackets, _averageBytes, _averagePackets;
    private long _next, _fires;

    public required sbyte Interval { get; init; }

    public required byte EwmaLog { get; init; }

    private int IntervalLog => Interval + 2;

    private long Period => (Jiffies.Hz / 4) << IntervalLog;

    public static StateKey KeyOf(string name) => new("rateest", name);

    /// <summary>Counts a packet.</summary>
    public void Count(int length, long nowNanoseconds)
    {
        CatchUp(Jiffies.Of(nowNanoseconds));
        _packets++;
        _bytes += (ulong)length;
    }

    /// <summary>Bytes and packets a second.</summary>
    public (uint Bytes, uint Packets) Read(long nowNanoseconds)
    {
        CatchUp(Jiffies.Of(nowNanoseconds));
        return unchecked(((uint)(_averageBytes >> 8), (uint)(_averagePackets >> 8)));
    }

    public override RuleState Clone() => (EstimatorState)MemberwiseClone();

    internal override void Begin(long nowNanoseconds)
    {
        long now = Jiffies.Of(nowNanoseconds);
        _next = now + Period;
        _fires = OnWheel(_next, now);
    }

    private void CatchUp(long now)
    {
        while (_fires <= now)
        {
            (ulong bytes, ulong packets) = (_averageBytes, _averagePackets);
            Follow(ref _averageBytes, _bytes - _lastBytes);
            Follow(ref _averagePackets, _packets - _lastPackets);
            bool isStill = _bytes == _lastBytes && bytes == _averageBytes && _packets == _lastPackets && packets == _averagePackets;
            (_lastBytes, _lastPackets) = (_bytes, _packets);
            // Nothing changes any more: the intervals up to now are skipped.
            _next += isStill && now > _next + Period ? (now - _next) / Period * Period : Period;
            long fired = isStill && now > _next - Period ? Math.Max(_fires, _next - Period) : _fires;
            _next = Math.Max(_next, fired + 1);
            _fires = OnWheel(_next, fired);
        }
    }

    // est_timer: fixed point with eight bits behind it.
    private void Follow(ref ulong average, ulong counted)
    {
        unchecked
        {
            ulong rate = counted << (10 - IntervalLog);
            average += (rate >> EwmaLog) - (average >> EwmaLog);
        }
    }

    private static long OnWheel(long expires, long now)
    {
        int shift = 0;
        while (expires - now >= (long)FirstLevel << shift)
        {
            shift += LevelBits;
        }
        return ((expires >> shift) + 1) << shift;
    }
}
