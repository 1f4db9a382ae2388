using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// What the SYN of an operating system looks like (<c>struct nf_osf_user_finger</c>), one line of a fingerprint file as
/// <c>nfnl_osf</c> loads it: <c>window:ttl:df:length:options:genre:version:subtype:details</c>.
/// </summary>
public sealed record OsFingerprint
{
    private const int Mss1 = 1460, Mss2 = 1448, HeadersOfMtu = 40;

    private static readonly (char Letter, byte Kind, byte Length)[] Options =
    [
        ('E', 0, 1), ('N', 1, 1), ('M', 2, 4), ('W', 3, 3), ('S', 4, 2), ('T', 8, 10),
    ];

    private char _windowRule;
    private ushort _windowValue;
    private bool _dontFragment;
    private ushort _length;
    private EquatableArray<byte> _kinds;

    /// <summary>The operating system.</summary>
    public required string Genre { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>The time to live that it begins with.</summary>
    public required byte Ttl { get; init; }

    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">Not a fingerprint.</exception>
    public static OsFingerprint Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string[] parts = line.Split(':', 9);
        if (parts.Length < 8)
        {
            throw new FormatException($"'{line}' is not a fingerprint: it needs eight parts or more between colons.");
        }
        char rule = parts[0].Length > 0 && parts[0][0] is 'S' or 'T' or '%' ? parts[0][0] : ' ';
        return new OsFingerprint
        {
            _windowRule = rule,
            _windowValue = Number(rule == ' ' ? parts[0] : parts[0][1..]),
            Ttl = (byte)Number(parts[1]),
            _dontFragment = Number(parts[2]) != 0,
            _length = Number(parts[3]),
            _kinds = new EquatableArray<byte>([.. KindsOf(parts[4])]),
            Genre = parts[5].TrimStart('@', '*'),
            Version = parts[6],
        };
    }

    /// <summary>Whether a SYN looks so, apart from its time to live (<c>nf_osf_match_one</c>).</summary>
    internal bool Fits(in OsSample sample)
    {
        if (sample.DontFragment != _dontFragment || sample.Length != _length)
        {
            return false;
        }
        int at = 0, mss = 0;
        foreach (byte kind in _kinds.AsSpan())
        {
            if (at >= sample.Options.Length || sample.Options[at] != kind)
            {
                return false;
            }
            mss = kind == 2 && at + 4 <= sample.Options.Length ? (sample.Options[at + 2] << 8) | sample.Options[at + 3] : mss;
            at += LengthOf(kind);
        }
        return at == sample.Options.Length && FitsWindow(sample.Window, mss);
    }

    private bool FitsWindow(int window, int mss) => _windowRule switch
    {
        'S' => window == _windowValue * mss || window == _windowValue * Mss1 || window == _windowValue * Mss2,
        'T' => window == _windowValue * (mss + HeadersOfMtu) || window == _windowValue * (Mss1 + HeadersOfMtu)
            || window == _windowValue * (Mss2 + HeadersOfMtu),
        '%' => _windowValue != 0 && window % _windowValue == 0,
        _ => _windowValue == 0 || window == _windowValue,
    };

    private static int LengthOf(byte kind) => Array.Find(Options, option => option.Kind == kind).Length;

    private static IEnumerable<byte> KindsOf(string options)
    {
        foreach (char c in options)
        {
            int index = Array.FindIndex(Options, option => option.Letter == c);
            if (index >= 0)
            {
                yield return Options[index].Kind;
            }
        }
    }

    // strtoul: what is no number, as the asterisk for any window, is 0.
    private static ushort Number(string text)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }
        return ulong.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? unchecked((ushort)value)
            : (ushort)0;
    }
}

/// <summary>What of a SYN is compared (<c>struct nf_osf_hdr_ctx</c>).</summary>
internal readonly ref struct OsSample(int length, bool dontFragment, int window, ReadOnlySpan<byte> options)
{
    public int Length { get; } = length;

    public bool DontFragment { get; } = dontFragment;

    public int Window { get; } = window;

    public ReadOnlySpan<byte> Options { get; } = options;
}
