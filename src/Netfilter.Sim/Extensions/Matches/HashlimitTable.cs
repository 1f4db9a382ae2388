using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// The buckets of one name of <c>hashlimit</c> (<c>net/netfilter/xt_hashlimit.c struct xt_hashlimit_htable</c>), made by the
/// first rule that names it and ruled by that rule's numbers.
/// </summary>
internal sealed class HashlimitTable : RuleState
{
    /// <summary>Credit a byte rate can save up: one second's.</summary>
    public const ulong ByteCap = CreditsPerTickBytes * Jiffies.Hz;

    // Powers of two below what fits a day's ticks in 64 bits, and a second's in 32.
    private const ulong CreditsPerTick = 1UL << 39, CreditsPerTickBytes = 1UL << 24;
    private const ulong Scale = 1_000_000;
    private const int ByteShift = 4;
    private const uint DefaultSize = 8192;

    private readonly HashlimitSettings _settings;
    private readonly Dictionary<Key, Bucket> _buckets = [];
    private readonly uint _most;
    private long _firstTick = -1;
    private long _lastSweep;

    public HashlimitTable(HashlimitSettings settings)
    {
        _settings = settings;
        uint size = settings.TableSize == 0 ? DefaultSize : settings.TableSize;
        _most = settings.TableMax == 0 ? 8 * size : Math.Max(settings.TableMax, size);
    }

    public HashlimitSettings Settings => _settings;

    /// <summary>Credits that a packet costs at a rate (<c>user2credits</c>).</summary>
    public static ulong ToCredits(ulong user) => unchecked(user * (Jiffies.Hz * CreditsPerTick / Scale));

    /// <summary>Credits that 16 bytes cost (<c>user2credits_byte</c>).</summary>
    public static uint ToByteCredits(ulong user) => unchecked((uint)(((uint)user * (Jiffies.Hz * CreditsPerTickBytes)) >> 32));

    /// <summary>The bucket of a key, filled up to now; a null reference when there is no room for a new one.</summary>
    public ref Bucket Take(in Key key, long tick)
    {
        Sweep(tick);
        ref Bucket bucket = ref CollectionsMarshal.GetValueRefOrNullRef(_buckets, key);
        if (!Unsafe.IsNullRef(ref bucket))
        {
            Refill(ref bucket, tick);
        }
        else if (_buckets.Count >= _most)
        {
            return ref bucket;
        }
        else
        {
            bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(_buckets, key, out _);
            Start(ref bucket, tick);
        }
        bucket.Expires = tick + TicksOf(_settings.ExpireMilliseconds);
        return ref bucket;
    }

    /// <summary>What a packet costs by its bytes; a full refill is spent when the credit does not do (<c>hashlimit_byte_cost</c>).</summary>
    public static ulong ByteCost(ref Bucket bucket, int length)
    {
        ulong cost = Math.Min((ulong)((length >> ByteShift) + 1) * bucket.Cost, ByteCap);
        if (bucket.Credit < cost && bucket.Refills > 0)
        {
            bucket.Refills--;
            bucket.Credit = ByteCap;
        }
        return (uint)cost;
    }

    public override RuleState Clone()
    {
        HashlimitTable copy = new(_settings) { _firstTick = _firstTick, _lastSweep = _lastSweep };
        foreach ((Key key, Bucket bucket) in _buckets)
        {
            copy._buckets.Add(key, bucket);
        }
        return copy;
    }

    // rateinfo_init
    private void Start(ref Bucket bucket, long tick)
    {
        bucket.Tick = tick;
        if (_settings.MatchesRate)
        {
            StartRate(ref bucket);
        }
        else if (_settings.CountsBytes)
        {
            (bucket.Credit, bucket.Cost, bucket.Refills) = (ByteCap, ToByteCredits(_settings.Average), _settings.Burst);
        }
        else
        {
            bucket.Credit = bucket.Cap = ToCredits(unchecked(_settings.Average * _settings.Burst));
            bucket.Cost = ToCredits(_settings.Average);
        }
    }

    private void StartRate(ref Bucket bucket)
    {
        if (_settings.CountsBytes)
        {
            uint average = (uint)_settings.Average;
            ulong rate = ((average == 0 ? uint.MaxValue : uint.MaxValue / average) - 1) << ByteShift;
            bucket.Rate = rate;
            bucket.RateBurst = _settings.Burst == 0 ? rate : unchecked(_settings.Burst * rate);
        }
        else
        {
            bucket.Rate = _settings.Average == 0 ? 0 : Scale / _settings.Average;
            bucket.RateBurst = _settings.Burst + bucket.Rate;
        }
    }

    // rateinfo_recalc
    private void Refill(ref Bucket bucket, long tick)
    {
        ulong ticks = (ulong)(tick - bucket.Tick);
        if (ticks == 0)
        {
            return;
        }
        if (_settings.MatchesRate)
        {
            ulong interval = _settings.IntervalSeconds * (ulong)Jiffies.Hz;
            if (ticks >= interval)
            {
                bucket.Tick = tick;
                bucket.WasOver = unchecked(bucket.CurrentRate * interval > ticks * bucket.Rate);
                bucket.CurrentRate = 0;
            }
            return;
        }
        bucket.Tick = tick;
        ulong before = bucket.Credit;
        bucket.Credit = unchecked(before + (ticks * (_settings.CountsBytes ? CreditsPerTickBytes : CreditsPerTick)));
        if (_settings.CountsBytes && before >= bucket.Credit)
        {
            bucket.Credit = ByteCap;
        }
        bucket.Credit = Math.Min(bucket.Credit, _settings.CountsBytes ? ByteCap : bucket.Cap);
    }

    // htable_gc: what has expired stays until the collector comes by.
    private void Sweep(long tick)
    {
        long interval = Math.Max(1, TicksOf(_settings.CollectMilliseconds));
        if (_firstTick < 0)
        {
            (_firstTick, _lastSweep) = (tick, tick);
        }
        long sweep = _firstTick + ((tick - _firstTick) / interval * interval);
        if (sweep == _lastSweep)
        {
            return;
        }
        _lastSweep = sweep;
        foreach ((Key key, Bucket bucket) in _buckets)
        {
            if (sweep >= bucket.Expires)
            {
                _buckets.Remove(key);
            }
        }
    }

    private static long TicksOf(uint milliseconds) => ((long)milliseconds + 3) / 4;

    /// <summary>What packets of one bucket have in common (<c>struct dsthash_dst</c>).</summary>
    public readonly record struct Key(UInt128 Source, UInt128 Destination, ushort SourcePort, ushort DestinationPort);

    /// <summary>One bucket (<c>struct dsthash_ent</c>).</summary>
    public struct Bucket
    {
        public long Tick;
        public long Expires;
        public ulong Credit;
        public ulong Cap;
        public ulong Cost;

        /// <summary>How often a byte rate's bucket may be filled at once.</summary>
        public ulong Refills;

        public ulong Rate;
        public ulong RateBurst;
        public ulong CurrentRate;
        public bool WasOver;
    }
}
