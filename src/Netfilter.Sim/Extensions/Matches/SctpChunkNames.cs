using System.Collections.Immutable;
using System.Globalization;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>Names of SCTP's chunk types and of their flags (<c>extensions/libxt_sctp.c sctp_chunk_names</c>).</summary>
internal static class SctpChunkNames
{
    // Letters of the flags from the highest bit to the lowest; a dash has no name.
    public static readonly ImmutableArray<(string Name, byte Type, string Flags)> All =
    [
        ("DATA", 0, "----IUBE"), ("INIT", 1, "--------"), ("INIT_ACK", 2, "--------"), ("SACK", 3, "--------"),
        ("HEARTBEAT", 4, "--------"), ("HEARTBEAT_ACK", 5, "--------"), ("ABORT", 6, "-------T"),
        ("SHUTDOWN", 7, "--------"), ("SHUTDOWN_ACK", 8, "--------"), ("ERROR", 9, "--------"),
        ("COOKIE_ECHO", 10, "--------"), ("COOKIE_ACK", 11, "--------"), ("ECN_ECNE", 12, "--------"),
        ("ECN_CWR", 13, "--------"), ("SHUTDOWN_COMPLETE", 14, "-------T"), ("I_DATA", 64, "----IUBE"),
        ("RE_CONFIG", 130, "--------"), ("PAD", 132, "--------"), ("ASCONF", 193, "--------"),
        ("ASCONF_ACK", 128, "--------"), ("FORWARD_TSN", 192, "--------"), ("I_FORWARD_TSN", 194, "--------"),
    ];

    /// <summary>Reads a list of types, or <c>ALL</c> or <c>NONE</c> (<c>parse_sctp_chunks</c>).</summary>
    public static SctpChunks Parse(SctpChunkMode mode, string text)
    {
        if (text.Equals("ALL", StringComparison.OrdinalIgnoreCase))
        {
            return new SctpChunks(mode, SctpChunkTypes.All, []);
        }
        SctpChunkTypes types = default;
        ImmutableArray<SctpChunkFlags>.Builder flags = ImmutableArray.CreateBuilder<SctpChunkFlags>();
        if (!text.Equals("NONE", StringComparison.OrdinalIgnoreCase))
        {
            foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                int colon = part.IndexOf(':');
                string name = colon < 0 ? part : part[..colon];
                int known = All.FindIndex(chunk => chunk.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
                if (known < 0)
                {
                    throw OptionCall.Error($"Unknown sctp chunk `{name}'");
                }
                types = types.With(All[known].Type);
                ReadFlags(colon < 0 ? "" : part[(colon + 1)..], known, flags);
            }
        }
        return new SctpChunks(mode, types, flags.ToImmutable());
    }

    /// <summary>Writes the types in ascending order (<c>print_chunks</c>).</summary>
    public static void Write(OptionWriter writer, SctpChunks chunks, bool isNumeric)
    {
        if (chunks.Types.IsEmpty || chunks.Types == SctpChunkTypes.All)
        {
            writer.Raw(chunks.Types.IsEmpty ? "NONE" : "ALL");
            return;
        }
        bool first = true;
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            if (!chunks.Types.Has((byte)type))
            {
                continue;
            }
            writer.Raw(first ? "" : ",");
            first = false;
            int known = All.FindIndex(chunk => chunk.Type == type);
            writer.Raw(isNumeric || known < 0 ? "0x" + type.ToString("X4", CultureInfo.InvariantCulture) : All[known].Name);
            if (type < All.Length)
            {
                // The tool looks the letters up by type, so it finds those of the first types only.
                WriteFlags(writer, chunks, (byte)type, known < 0 ? "--------" : All[known].Flags);
            }
        }
    }

    private static int FindIndex<T>(this ImmutableArray<T> array, Predicate<T> predicate)
    {
        for (int i = 0; i < array.Length; i++)
        {
            if (predicate(array[i]))
            {
                return i;
            }
        }
        return -1;
    }

    private static void ReadFlags(string letters, int index, ImmutableArray<SctpChunkFlags>.Builder flags)
    {
        (_, byte type, string known) = All[index];
        (byte value, byte mask) = (0, 0);
        foreach (char letter in letters)
        {
            int place = known.IndexOf(char.ToUpperInvariant(letter), StringComparison.Ordinal);
            if (place < 0)
            {
                throw OptionCall.Error($"Invalid flags for chunk type {index}");
            }
            byte bit = (byte)(0x80 >> place);
            mask |= bit;
            value = char.IsUpper(letter) ? (byte)(value | bit) : (byte)(value & ~bit);
        }
        if (mask != 0)
        {
            flags.Add(new SctpChunkFlags(type, value, mask));
        }
    }

    private static void WriteFlags(OptionWriter writer, SctpChunks chunks, byte type, string letters)
    {
        foreach (SctpChunkFlags flags in chunks.Flags)
        {
            if (flags.Type != type)
            {
                continue;
            }
            writer.Raw(':');
            for (int place = 0; place < 8; place++)
            {
                int bit = 0x80 >> place;
                if ((flags.Mask & bit) != 0)
                {
                    writer.Raw((flags.Value & bit) != 0 ? letters[place] : char.ToLowerInvariant(letters[place]));
                }
            }
        }
    }
}
