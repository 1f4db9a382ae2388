using System.Collections.Immutable;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>What <c>--chunk-types</c> wants of a packet's chunks (<c>struct xt_sctp_info</c>).</summary>
/// <param name="Mode">Which of them have to be there.</param>
/// <param name="Types">The types.</param>
/// <param name="Flags">Flags that chunks of a type have to have and not to have; at most four.</param>
public sealed record SctpChunks(SctpChunkMode Mode, SctpChunkTypes Types, ImmutableArray<SctpChunkFlags> Flags)
{
    /// <summary>Whether a chunk's flags are as wanted (<c>match_flags</c>: the first entry of the type decides).</summary>
    internal bool FlagsFit(byte type, byte flags)
    {
        foreach (SctpChunkFlags wanted in Flags)
        {
            if (wanted.Type == type)
            {
                return (flags & wanted.Mask) == wanted.Value;
            }
        }
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(SctpChunks? other) => other is not null && Mode == other.Mode && Types == other.Types
        && Flags.AsSpan().SequenceEqual(other.Flags.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mode, Types, Flags.Length);
}

/// <summary>Which chunks have to be there (<c>SCTP_CHUNK_MATCH_*</c>).</summary>
public enum SctpChunkMode : byte
{
    /// <summary>One of them, with its flags.</summary>
    Any,

    /// <summary>Each of them, with its flags.</summary>
    All,

    /// <summary>None but them, with their flags.</summary>
    Only,
}

/// <summary>Flags of one chunk type.</summary>
/// <param name="Type">The type.</param>
/// <param name="Value">The bits that have to be set.</param>
/// <param name="Mask">The bits looked at.</param>
public readonly record struct SctpChunkFlags(byte Type, byte Value, byte Mask);

/// <summary>A set of the 256 chunk types.</summary>
public readonly record struct SctpChunkTypes
{
    private readonly UInt128 _low, _high;

    private SctpChunkTypes(UInt128 low, UInt128 high) => (_low, _high) = (low, high);

    /// <summary>Every type.</summary>
    public static SctpChunkTypes All { get; } = new(UInt128.MaxValue, UInt128.MaxValue);

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _low == 0 && _high == 0;

    /// <summary>Whether a type is among them.</summary>
    public bool Has(byte type) => ((type < 128 ? _low >> type : _high >> (type - 128)) & 1) != 0;

    /// <summary>With a type added.</summary>
    public SctpChunkTypes With(byte type) =>
        type < 128 ? new(_low | (UInt128.One << type), _high) : new(_low, _high | (UInt128.One << (type - 128)));

    /// <summary>With a type taken out.</summary>
    public SctpChunkTypes Without(byte type) =>
        type < 128 ? new(_low & ~(UInt128.One << type), _high) : new(_low, _high & ~(UInt128.One << (type - 128)));
}
