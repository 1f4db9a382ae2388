using System.Text;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Compares packets byte by byte and says readably where they differ.</summary>
public static class PacketComparison
{
    /// <summary>The difference of two packets, or null.</summary>
    /// <param name="expected">The recorded packet.</param>
    /// <param name="actual">The simulator's.</param>
    /// <param name="ignore">Fields that the kernel chose freely; their checksums still have to be valid.</param>
    public static (string Cause, string Text)? Compare(
        ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, IReadOnlyList<string> ignore)
    {
        if (expected.SequenceEqual(actual))
        {
            return null;
        }
        if (expected.Length != actual.Length)
        {
            return ("length", Both(expected, actual) + HexOf(expected, actual));
        }
        List<string> fields = PacketFields.Differences(expected, actual);
        fields.RemoveAll(ignore.Contains);
        if (fields.Count == 0)
        {
            string? invalid = ignore.FirstOrDefault(PacketFields.InvalidChecksums(actual).Contains);
            return invalid is null ? null : ($"invalid {invalid}", Both(expected, actual) + HexOf(expected, actual));
        }
        var text = new StringBuilder(Both(expected, actual));
        foreach (PacketField field in new PacketFields(expected).All.Where(field => fields.Contains(field.Name)))
        {
            ReadOnlySpan<byte> want = expected[field.Start..field.End];
            ReadOnlySpan<byte> got = actual[field.Start..field.End];
            if (!want.SequenceEqual(got))
            {
                text.Append('\n').Append(field.Name).Append(" recorded ").Append(Hex(want)).Append(" here ").Append(Hex(got));
            }
        }
        return (string.Join(',', fields), text.ToString());
    }

    private static string Both(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual) =>
        $"\nrecorded {PacketLine.Describe(expected)}\nhere     {PacketLine.Describe(actual)}";

    private static string HexOf(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual) =>
        $"\nrecorded {Hex(expected)}\nhere     {Hex(actual)}";

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        const int Most = 128;
        return bytes.Length <= Most
            ? Convert.ToHexStringLower(bytes)
            : Convert.ToHexStringLower(bytes[..Most]) + "...";
    }
}
