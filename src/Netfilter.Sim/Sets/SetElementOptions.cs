using System.Globalization;
using System.Text;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Sets;

/// <summary>What <c>ipset add</c>, <c>del</c> and <c>test</c> say after the element.</summary>
internal sealed record SetElementOptions
{
    private const int MaxComment = 255;

    private readonly List<string> _seen = [];

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

    /// <summary>Whether exceptions are asked for or added.</summary>
    public bool NoMatch => Entry.NoMatch;

    private SetEntry Entry { get; set; }

    /// <summary>Reads the words after the element.</summary>
    /// <exception cref="IpSetException">In the tool's words.</exception>
    public static SetElementOptions Read(IpSetHeader header, SetCommand command, IReadOnlyList<string> words)
    {
        SetElementOptions options = new();
        foreach ((SetKeyword keyword, string value) in SetKeywords.Read(words, SetKeywords.OfElement(header.Type, command)))
        {
            options.Take(keyword.Name, value);
        }
        return options;
    }

    /// <summary>Reads on after an element that is wrong already.</summary>
    /// <exception cref="IpSetException">Always: what was wrong, and what the tool says to it at the end.</exception>
    public static void ReadAfter(IpSetException wrong, IpSetHeader header, SetCommandLine line)
    {
        try
        {
            Read(header, line.Command, line.Rest);
        }
        catch (IpSetException alsoWrong) when (alsoWrong.ExitCode == 1)
        {
            throw wrong.With(alsoWrong.Message);
        }
        string command = line.Command == SetCommand.Delete ? "del" : line.Command == SetCommand.Add ? "add" : "test";
        throw wrong.With($"Invalid {command} command: missing setname");
    }

    /// <summary>What the kernel says to values that the set was not made for (<c>ip_set_get_extensions</c>).</summary>
    /// <exception cref="IpSetException">In the tool's words.</exception>
    public void RequireSupport(IpSetHeader header)
    {
        Require(TimeoutSeconds is null || header.TimeoutSeconds is not null, SetError.NoTimeouts);
        Require((Packets is null && Bytes is null) || header.HasCounters, SetError.NoCounters);
        Require(!_seen.Contains("comment") || header.HasComments, SetError.NoComments);
        Require(!_seen.Exists(name => name.StartsWith("skb", StringComparison.Ordinal)) || header.HasSkbInfo, SetError.NoSkbInfo);

        static void Require(bool isSupported, SetError otherwise)
        {
            if (!isSupported)
            {
                throw new IpSetException(otherwise);
            }
        }
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
        text.Append(entry.Comment is null or "" ? "" : $" comment \"{entry.Comment}\"");
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

    private void Take(string option, string value)
    {
        switch (option)
        {
            case "timeout":
                TimeoutSeconds = (uint)SetElementText.ParseUnsigned(value, 0, SetElementText.MaxTimeout);
                break;
            case "packets":
                Packets = SetElementText.ParseUnsigned(value, 0, ulong.MaxValue - 1);
                break;
            case "bytes":
                Bytes = SetElementText.ParseUnsigned(value, 0, ulong.MaxValue - 1);
                break;
            case "comment":
                Entry = Entry with { Comment = CheckComment(value) };
                break;
            case "skbmark":
                ReadSkbMark(value);
                break;
            case "skbprio":
                ReadSkbPriority(value);
                break;
            case "skbqueue":
                Entry = Entry with { SkbQueue = (ushort)SetElementText.ParseUnsigned(value, 0, ushort.MaxValue) };
                break;
            case "nomatch":
                Entry = Entry with { NoMatch = true };
                break;
            default:
                (Reference, IsBefore) = (value, option == "before");
                break;
        }
        if (_seen.Contains(option))
        {
            throw IpSetException.Syntax($"{option} already specified");
        }
        _seen.Add(option);
    }

    private static string CheckComment(string text) => text.Contains('"', StringComparison.Ordinal)
        ? throw IpSetException.Syntax("\" character is not permitted in comments")
        : ByteText.Length(text) > MaxComment
            ? throw IpSetException.Syntax("Comment is longer than the maximum allowed 255 characters")
            : text;

    // sscanf("0x%x/0x%x"): of a number the lowest 32 bits count, and what follows is not looked at.
    private void ReadSkbMark(string text)
    {
        ReadOnlySpan<char> rest = text;
        uint mark = 0, mask = uint.MaxValue;
        if (!rest.StartsWith("0x") || !TryReadHex(rest[2..], out mark, out rest))
        {
            throw IpSetException.Syntax("Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)");
        }
        if (rest.StartsWith("/0x") && TryReadHex(rest[3..], out uint given, out _))
        {
            mask = given;
        }
        Entry = Entry with { SkbMark = mark, SkbMarkMask = mask };
    }

    // sscanf("%hx:%hx")
    private void ReadSkbPriority(string text)
    {
        ReadOnlySpan<char> rest = text;
        if (!TryReadHex(rest, out uint major, out rest) || !rest.StartsWith(":") || !TryReadHex(rest[1..], out uint minor, out _))
        {
            throw IpSetException.Syntax("Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)");
        }
        Entry = Entry with { SkbPriority = (major << 16) | (minor & 0xffff) };
    }

    private static bool TryReadHex(ReadOnlySpan<char> text, out uint value, out ReadOnlySpan<char> rest)
    {
        value = 0;
        rest = text.TrimStart(" \t\n\v\f\r");
        bool isNegative = rest.StartsWith("-");
        rest = isNegative || rest.StartsWith("+") ? rest[1..] : rest;
        bool hasPrefix = rest.Length > 2 && rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && char.IsAsciiHexDigit(rest[2]);
        rest = hasPrefix ? rest[2..] : rest;
        int digits = 0;
        for (; digits < rest.Length && char.IsAsciiHexDigit(rest[digits]); digits++)
        {
            value = unchecked((value << 4) | (uint)Convert.ToInt32(rest[digits].ToString(), 16));
        }
        rest = rest[digits..];
        value = isNegative ? unchecked(0 - value) : value;
        return digits > 0;
    }
}
