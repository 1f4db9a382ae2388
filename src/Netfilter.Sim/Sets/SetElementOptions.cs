using System.Globalization;
using System.Text;

namespace Netfilter.Sim.Sets;

/// <summary>What <c>ipset add</c>, <c>del</c> and <c>test</c> say after the element.</summary>
internal sealed record SetElementOptions
{
    /// <summary>Seconds to live; null for the set's default.</summary>
    public uint? TimeoutSeconds { get; private set; }

    /// <summary>First value of the packet counter.</summary>
    public ulong? Packets { get; private set; }

    /// <summary>First value of the byte counter.</summary>
    public ulong? Bytes { get; private set; }

    /// <summary>The other member that <c>before</c> or <c>after</c> names.</summary>
    public string? Reference { get; private set; }

    /// <summary>Whether <see cref="Reference"/> was given with <c>before</c>.</summary>
    public bool IsBefore { get; private set; }

    private SetEntry Entry { get; set; }

    /// <summary>Reads the words after the element.</summary>
    /// <exception cref="IpSetException">In the tool's words.</exception>
    public static SetElementOptions Read(IpSetHeader header, List<string> words, ref bool exist)
    {
        SetElementOptions options = new();
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] is "-exist" or "-!")
            {
                exist = true;
            }
            else if (words[i] == "nomatch" && header.Type.HasNets)
            {
                options.Entry = options.Entry with { NoMatch = true };
            }
            else if (i + 1 < words.Count)
            {
                options.ReadValue(header, words[i], words[++i]);
            }
            else
            {
                throw IpSetException.Usage($"Unknown argument: `{words[i]}'");
            }
        }
        return options;
    }

    /// <summary>What the set is to keep.</summary>
    public SetEntry ToEntry(IpSet set, long jiffies) => Entry with
    {
        Deadline = set.Header.TimeoutSeconds is null ? 0 : set.DeadlineOf(TimeoutSeconds, jiffies),
        Packets = Packets ?? 0,
        Bytes = Bytes ?? 0,
    };

    /// <summary>The extensions of an element as the tool shows them, with a leading blank.</summary>
    public static string Format(IpSet set, in SetEntry entry, long jiffies)
    {
        StringBuilder text = new();
        CultureInfo invariant = CultureInfo.InvariantCulture;
        if (set.Header.TimeoutSeconds is not null)
        {
            text.Append(invariant, $" timeout {IpSet.SecondsLeft(entry, jiffies)}");
        }
        text.Append(entry.NoMatch ? " nomatch" : "");
        if (set.Header.HasCounters)
        {
            text.Append(invariant, $" packets {entry.Packets} bytes {entry.Bytes}");
        }
        text.Append(entry.Comment is null ? "" : $" comment \"{entry.Comment}\"");
        if (entry.SkbMark != 0 || entry.SkbMarkMask != 0)
        {
            text.Append(invariant, $" skbmark 0x{entry.SkbMark:x}");
            text.Append(entry.SkbMarkMask == uint.MaxValue ? "" : $"/0x{entry.SkbMarkMask:x}");
        }
        if (entry.SkbPriority != 0)
        {
            text.Append(invariant, $" skbprio {entry.SkbPriority >> 16:x}:{entry.SkbPriority & 0xffff:x}");
        }
        if (entry.SkbQueue != 0)
        {
            text.Append(invariant, $" skbqueue {entry.SkbQueue}");
        }
        return text.ToString();
    }

    private void ReadValue(IpSetHeader header, string option, string value)
    {
        switch (option)
        {
            case "timeout":
                Require(header.TimeoutSeconds is not null, SetError.NoTimeouts);
                TimeoutSeconds = (uint)SetElementText.ParseUnsigned(value, 0, 2147483);
                break;
            case "packets":
                Require(header.HasCounters, SetError.NoCounters);
                Packets = SetElementText.ParseUnsigned(value, 0, ulong.MaxValue);
                break;
            case "bytes":
                Require(header.HasCounters, SetError.NoCounters);
                Bytes = SetElementText.ParseUnsigned(value, 0, ulong.MaxValue);
                break;
            case "comment":
                Require(header.HasComments, SetError.NoComments);
                Entry = Entry with { Comment = CheckComment(value) };
                break;
            case "skbmark" or "skbprio" or "skbqueue":
                Require(header.HasSkbInfo, SetError.NoSkbInfo);
                ReadSkbInfo(option, value);
                break;
            case "before" or "after" when header.Type.IsList:
                (Reference, IsBefore) = (value, option == "before");
                break;
            default:
                throw IpSetException.Usage($"Unknown argument: `{option}'");
        }
    }

    private static void Require(bool supported, SetError otherwise)
    {
        if (!supported)
        {
            throw new IpSetException(otherwise);
        }
    }

    private static string CheckComment(string text) => !text.Contains('"', StringComparison.Ordinal)
        ? text
        : throw IpSetException.Syntax("\" character is not permitted in comments");

    private void ReadSkbInfo(string option, string value)
    {
        string[] parts = value.Split('/', ':');
        switch (option)
        {
            case "skbmark":
                Entry = Entry with
                {
                    SkbMark = (uint)SetElementText.ParseUnsigned(parts[0], 0, uint.MaxValue),
                    SkbMarkMask = parts.Length > 1
                        ? (uint)SetElementText.ParseUnsigned(parts[1], 0, uint.MaxValue)
                        : uint.MaxValue,
                };
                break;
            case "skbprio" when parts.Length == 2
                && ushort.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort major)
                && ushort.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort minor):
                Entry = Entry with { SkbPriority = ((uint)major << 16) | minor };
                break;
            case "skbprio":
                throw IpSetException.Syntax($"Invalid skbprio format, it should be: MAJOR:MINOR (see manpage): {value}");
            default:
                Entry = Entry with { SkbQueue = (ushort)SetElementText.ParseUnsigned(value, 0, 65535) };
                break;
        }
    }
}
