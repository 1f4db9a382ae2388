using System.Text.RegularExpressions;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>The fields that the kernel chooses freely: identifications of packets and fragments that the host makes itself.</summary>
internal static partial class FreeFields
{
    private static readonly string[] Identifications = ["ip.id", "frag.id"];

    /// <summary>What not to compare of a packet: identifications that are not those of the packet that caused it.</summary>
    public static IReadOnlyList<string> Of(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> cause)
    {
        PacketFields fields = new(packet), causeFields = new(cause);
        foreach (string name in Identifications)
        {
            if (fields.Find(name) is { } own
                && !(causeFields.Find(name) is { } given && cause[given.Start..given.End].SequenceEqual(packet[own.Start..own.End])))
            {
                return name == "ip.id" ? ["ip.checksum", "ip.id"] : ["frag.id"];
            }
        }
        return [];
    }

    /// <summary>A log line in which all identifications are masked when one is not that of the packet that caused it.</summary>
    public static string Mask(string line, ReadOnlySpan<byte> cause)
    {
        int given = new PacketFields(cause).Find("ip.id") is { } id ? (cause[id.Start] << 8) | cause[id.Start + 1] : -1;
        return LoggedId().Matches(line).Any(match => KernelText.Number(match.Groups[1].Value) != given)
            ? LoggedId().Replace(line, "ID=*")
            : line;
    }

    [GeneratedRegex(@"\bID=(\d+)")]
    private static partial Regex LoggedId();
}
