using System.Text.Json.Serialization;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>One thing that was done.</summary>
public sealed record KernelStep
{
    /// <summary><c>receive send sleep fill connections command restore snapshot</c>.</summary>
    public required string Op { get; init; }

    /// <summary>For reading only.</summary>
    public string? Note { get; init; }

    public string? Iface { get; init; }

    /// <summary>The packet in hex.</summary>
    [JsonPropertyName("packet")]
    public string? PacketHex { get; init; }

    /// <summary>The link header in hex; null on an interface without one.</summary>
    [JsonPropertyName("eth")]
    public string? EthernetHex { get; init; }

    public int? Repeat { get; init; }

    public IReadOnlyList<KernelPatch> Patch { get; init; } = [];

    public uint Mark { get; init; }

    public uint Uid { get; init; }

    public double Seconds { get; init; }

    public int Count { get; init; }

    public string? Src { get; init; }

    public string? Dst { get; init; }

    public string? Back { get; init; }

    public int Sport { get; init; }

    public int Dport { get; init; }

    public IReadOnlyList<KernelVary> Vary { get; init; } = [];

    /// <summary>A command line.</summary>
    public string? Cmd { get; init; }

    /// <summary>How standard output was recorded: <c>plain</c>, <c>sorted</c>; null when it was not.</summary>
    public string? Output { get; init; }

    public IReadOnlyList<string> Ruleset { get; init; } = [];

    public bool Noflush { get; init; }

    public bool Counters { get; init; }

    public IReadOnlyList<string> What { get; init; } = [];

    [JsonIgnore]
    public byte[] Packet => Convert.FromHexString(PacketHex ?? "");

    [JsonIgnore]
    public byte[] LinkHeader => Convert.FromHexString(EthernetHex ?? "");
}

/// <summary>A field that takes its value from a packet emitted before.</summary>
/// <param name="Field">Which field of the packet.</param>
/// <param name="From">Which field of the emitted packet.</param>
/// <param name="Step">Which step emitted it.</param>
/// <param name="Item">Which of its packets.</param>
/// <param name="Add">What is added.</param>
public sealed record KernelPatch(string Field, string From, int Step, int Item, long Add);

/// <summary>A field that differs between the packets of a <c>connections</c> step.</summary>
/// <param name="Field"><c>src dst sport dport</c>.</param>
public sealed record KernelVary(string Field)
{
    public int Each { get; init; } = 1;

    public int Size { get; init; } = 1 << 30;
}
