using System.Text.Json.Serialization;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>What the kernel's state was, at a moment.</summary>
public record KernelSnapshot
{
    public IReadOnlyList<string>? RulesetSaveCounters { get; init; }

    public IReadOnlyList<KernelConnection>? Conntrack { get; init; }

    public int? ConntrackCount { get; init; }

    public IReadOnlyList<KernelExpectation>? Expectations { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<KernelRecent>>? Recent { get; init; }

    public IReadOnlyList<string>? Ipset { get; init; }

    public IReadOnlyList<KernelNfacctState>? Nfacct { get; init; }
}

/// <summary>What happened in a case: each step and the state at the end.</summary>
public sealed record KernelExpect : KernelSnapshot
{
    public required IReadOnlyList<KernelStepExpect> Steps { get; init; }

    public KernelRestoreResult? Restore { get; init; }
}

/// <summary>How loading the first ruleset ended, where it was allowed to fail.</summary>
/// <param name="Rc">The exit code.</param>
public sealed record KernelRestoreResult(int Rc)
{
    public string Stderr { get; init; } = "";
}

/// <summary>What happened in a step; what is absent is nothing.</summary>
public sealed record KernelStepExpect : KernelSnapshot
{
    public IReadOnlyList<KernelPacket> Emitted { get; init; } = [];

    public IReadOnlyList<KernelPacket> Delivered { get; init; } = [];

    public IReadOnlyList<KernelNflog> Nflog { get; init; } = [];

    public IReadOnlyList<string> Log { get; init; } = [];

    public IReadOnlyList<string> Trace { get; init; } = [];

    public IReadOnlyList<string> Events { get; init; } = [];

    public int Errors { get; init; }

    public string? Error { get; init; }

    public IReadOnlyDictionary<string, int>? EmittedCount { get; init; }

    public int? DeliveredCount { get; init; }

    public int? Passed { get; init; }

    public int? Rc { get; init; }

    public string? Stderr { get; init; }

    public IReadOnlyList<string>? Stdout { get; init; }

    public int? Lost { get; init; }

    public KernelSpread? Src { get; init; }

    public KernelSpread? Sport { get; init; }

    public KernelSpread? Dst { get; init; }

    public KernelSpread? Dport { get; init; }
}

/// <summary>A packet that left or was delivered.</summary>
/// <param name="Iface">By which interface.</param>
public sealed record KernelPacket(string Iface)
{
    [JsonPropertyName("packet")]
    public required string PacketHex { get; init; }

    [JsonPropertyName("eth")]
    public string? EthernetHex { get; init; }

    public uint Mark { get; init; }

    /// <summary>Fields that the kernel chooses freely.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];
}

/// <summary>A packet that NFLOG handed over.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Prefix">The rule's prefix.</param>
/// <param name="Hook">The hook's name.</param>
public sealed record KernelNflog(int Group, string Prefix, string Hook)
{
    public string In { get; init; } = "";

    public string Out { get; init; } = "";

    public string? Physin { get; init; }

    public string? Physout { get; init; }

    public uint Mark { get; init; }

    [JsonPropertyName("packet")]
    public required string PacketHex { get; init; }

    public IReadOnlyList<string> Ignore { get; init; } = [];
}

/// <summary>A connection as the kernel reported it.</summary>
/// <param name="Line">Protocol, state, tuples, mark, zone, helper.</param>
public sealed record KernelConnection(string Line)
{
    public string Status { get; init; } = "";

    public long? Timeout { get; init; }

    public IReadOnlyList<int>? Wscale { get; init; }

    public IReadOnlyList<int>? Tcpflags { get; init; }

    public ulong? OrigPackets { get; init; }

    public ulong? OrigBytes { get; init; }

    public ulong? ReplyPackets { get; init; }

    public ulong? ReplyBytes { get; init; }

    public IReadOnlyList<int>? Labels { get; init; }

    /// <summary>The tuple of the connection that expected this one.</summary>
    public string? Master { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<long>>? Seqadj { get; init; }
}

/// <summary>An expected connection.</summary>
/// <param name="Line">Tuple, mask, master, helper.</param>
/// <param name="Timeout">Remaining seconds.</param>
public sealed record KernelExpectation(string Line, long? Timeout);

/// <summary>An entry of a recent list.</summary>
/// <param name="Src">The address as the list prints it.</param>
/// <param name="Ttl">Its TTL.</param>
/// <param name="OldestPkt">Index of the next stamp to overwrite.</param>
/// <param name="Stamps">Number of stamps.</param>
public sealed record KernelRecent(string Src, int Ttl, int OldestPkt, int Stamps);

/// <summary>The state of an accounting object.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Packets">Packets counted.</param>
/// <param name="Bytes">Bytes counted.</param>
public sealed record KernelNfacctState(string Name, ulong Packets, ulong Bytes)
{
    public uint? Flags { get; init; }

    public ulong? Quota { get; init; }
}

/// <summary>How often each value of a field occurred in a <c>connections</c> step.</summary>
/// <param name="Distinct">Number of values.</param>
public sealed record KernelSpread(int Distinct)
{
    public int? Min { get; init; }

    public int? Max { get; init; }

    /// <summary>Occurrences by value, where there were at most 64.</summary>
    public IReadOnlyDictionary<string, int>? Counts { get; init; }

    [JsonPropertyName("counts_by_4096")]
    public IReadOnlyList<int>? CountsBy4096 { get; init; }
}
