namespace Netfilter.Sim.Text;

/// <summary>A word of a line by its place.</summary>
/// <param name="Start">Where it begins, a quote included.</param>
/// <param name="Length">Its length, quotes included; 0 at the end of the line.</param>
/// <param name="IsQuoted">Whether it stands in quotes.</param>
internal readonly record struct LineToken(int Start, int Length, bool IsQuoted)
{
    public int End => Start + Length;
}

/// <summary>
/// The words of a line of a dump, without copying. What <see cref="WordSplitter.SplitRestore"/> would treat in a special
/// way (tabs, quotes within words, words that may be too long) makes it give up.
/// </summary>
internal ref struct LineTokens(ReadOnlySpan<char> line)
{
    // In bytes still within the tool's buffer of 1 KiB.
    private const int Longest = 340;

    private readonly ReadOnlySpan<char> _line = line;
    private int _at;

    /// <summary>Whether the line has something special.</summary>
    public bool IsSpecial { get; private set; }

    /// <summary>The next word.</summary>
    public LineToken Next()
    {
        ReadOnlySpan<char> line = _line;
        while (_at < line.Length && line[_at] == ' ')
        {
            _at++;
        }
        int start = _at;
        if (start == line.Length)
        {
            return new LineToken(start, 0, false);
        }
        if (line[start] == '"')
        {
            return NextQuoted(start);
        }
        int length = line[start..].IndexOfAny(' ', '"', '\t');
        if (length < 0)
        {
            _at = line.Length;
            IsSpecial |= line.Length - start > Longest;
            return new LineToken(start, line.Length - start, false);
        }
        IsSpecial |= line[start + length] != ' ' || length > Longest;
        _at = start + length;
        return new LineToken(start, length, false);
    }

    private LineToken NextQuoted(int start)
    {
        ReadOnlySpan<char> line = _line;
        int at = start + 1;
        while (at < line.Length && line[at] != '"')
        {
            at += line[at] == '\\' ? 2 : 1;
        }
        if (at >= line.Length || (at + 1 < line.Length && line[at + 1] != ' '))
        {
            IsSpecial = true;
            _at = line.Length;
            return new LineToken(start, 0, false);
        }
        _at = at + 1;
        IsSpecial |= _at - start > Longest;
        return new LineToken(start, _at - start, true);
    }

    /// <summary>The text of a word, escapes in quotes undone.</summary>
    public static string TextOf(ReadOnlySpan<char> line, LineToken token)
    {
        ReadOnlySpan<char> raw = line.Slice(token.Start, token.Length);
        if (!token.IsQuoted)
        {
            return raw.ToString();
        }
        raw = raw[1..^1];
        if (!raw.Contains('\\'))
        {
            return raw.ToString();
        }
        System.Text.StringBuilder text = new(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            text.Append(raw[i] == '\\' ? raw[++i] : raw[i]);
        }
        return text.ToString();
    }
}
