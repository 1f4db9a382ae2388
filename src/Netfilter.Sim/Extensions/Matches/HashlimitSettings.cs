namespace Netfilter.Sim.Extensions.Matches;

/// <summary>What <c>-m hashlimit</c> is told (<c>struct hashlimit_cfg3</c>).</summary>
public readonly record struct HashlimitSettings
{
    /// <summary>Makes the defaults.</summary>
    public HashlimitSettings()
    {
    }

    /// <summary>Time between packets in millionths of a second, or the cost of 16 bytes.</summary>
    public ulong Average { get; init; }

    /// <summary>How many packets may come at once, or how often a second's bytes may.</summary>
    public ulong Burst { get; init; } = 5;

    /// <summary>What makes packets go to different buckets.</summary>
    public HashlimitModes Modes { get; init; }

    /// <summary>Whether the rate is in bytes.</summary>
    public bool CountsBytes { get; init; }

    /// <summary>Whether packets above the rate match.</summary>
    public bool IsAbove { get; init; }

    /// <summary><c>--hashlimit-rate-match</c>: classify by the rate of the last interval.</summary>
    public bool MatchesRate { get; init; }

    /// <summary><c>--hashlimit-htable-size</c>; 0 when not given.</summary>
    public uint TableSize { get; init; }

    /// <summary><c>--hashlimit-htable-max</c>; 0 when not given.</summary>
    public uint TableMax { get; init; }

    /// <summary><c>--hashlimit-htable-gcinterval</c>.</summary>
    public uint CollectMilliseconds { get; init; } = 1000;

    /// <summary><c>--hashlimit-htable-expire</c>.</summary>
    public uint ExpireMilliseconds { get; init; } = 10_000;

    /// <summary><c>--hashlimit-rate-interval</c>; 0 when rates are not matched.</summary>
    public uint IntervalSeconds { get; init; }

    /// <summary><c>--hashlimit-srcmask</c>: length of the prefix of sources.</summary>
    public byte SourceLength { get; init; }

    /// <summary><c>--hashlimit-dstmask</c>: length of the prefix of destinations.</summary>
    public byte DestinationLength { get; init; }
}

/// <summary>What makes packets go to different buckets (<c>XT_HASHLIMIT_HASH_*</c>).</summary>
[Flags]
public enum HashlimitModes : byte
{
    /// <summary>Nothing: one bucket.</summary>
    None = 0,

    /// <summary><c>dstip</c>.</summary>
    DestinationAddress = 1,

    /// <summary><c>dstport</c>.</summary>
    DestinationPort = 2,

    /// <summary><c>srcip</c>.</summary>
    SourceAddress = 4,

    /// <summary><c>srcport</c>.</summary>
    SourcePort = 8,
}
