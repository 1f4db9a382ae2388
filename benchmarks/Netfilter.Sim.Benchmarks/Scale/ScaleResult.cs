namespace Netfilter.Sim.Benchmarks.Scale;

/// <summary>What a ruleset of so many services costs.</summary>
public sealed record ScaleResult
{
    public required int Services { get; init; }

    public required int Rules { get; init; }

    /// <summary>Time of a new connection's first packet, average over services: median of batches, in ns.</summary>
    public required double NewNanoseconds { get; init; }

    /// <summary>The same of the fastest batch.</summary>
    public required double NewNanosecondsBest { get; init; }

    /// <summary>Time of a packet of an established connection: median of batches, in ns.</summary>
    public required double EstablishedNanoseconds { get; init; }

    /// <summary>The same of the fastest batch.</summary>
    public required double EstablishedNanosecondsBest { get; init; }

    /// <summary>Time of a new connection's first packet when chains are scanned rule by rule, in ns.</summary>
    public required double LinearNanoseconds { get; init; }

    /// <summary>Time to read and load the text, in ms.</summary>
    public required double LoadMilliseconds { get; init; }

    /// <summary>Memory that the loaded ruleset keeps.</summary>
    public required double BytesPerRule { get; init; }

    /// <summary>Memory that the compiled form of it takes.</summary>
    public required double CompiledBytesPerRule { get; init; }

    /// <summary>Memory allocated for a new connection.</summary>
    public required double AllocatedPerNew { get; init; }

    /// <summary>Memory allocated for a packet of an established connection.</summary>
    public required double AllocatedPerEstablished { get; init; }
}
