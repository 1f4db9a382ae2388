using System.Text;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>How a line becomes words.</summary>
internal static class WordSplitter
{
    private const int MaxWords = 255;
    private const int MaxWordLength = 1024;

    /// <summary>
    /// Splits as a shell does: blanks separate, <c>'…'</c> is literal, in <c>"…"</c> a backslash protects <c>" \ $ `</c>,
    /// outside quotes it protects the next character.
    /// </summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static List<string> SplitShell(ReadOnlySpan<char> line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool isWord = false;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote == '\0' && c is ' ' or '\t' or '\n')
            {
                Flush();
                continue;
            }
            isWord = true;
            bool escapes = c == '\\' && i + 1 < line.Length && quote != '\''
                && (quote == '\0' || line[i + 1] is '"' or '\\' or '$' or '`');
            if (escapes)
            {
                word.Append(line[++i]);
            }
            else if (quote == '\0' && c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else
            {
                word.Append(c);
            }
        }
        Flush();
        return quote == '\0' ? words : throw new FormatException("A quote is not closed.");

        void Flush()
        {
            if (isWord)
            {
                words.Add(word.ToString());
            }
            word.Clear();
            isWord = false;
        }
    }

    /// <summary>
    /// Splits as iptables-restore does (<c>iptables/xshared.c add_param_to_argv</c>): a quote may begin anywhere and its end
    /// ends the word; outside quotes a backslash is an ordinary character; an open quote takes the rest.
    /// </summary>
    /// <param name="line">The line with its final line feed, if it has one.</param>
    /// <param name="words">Takes the words; what is in it, and the program.s name, count against the limit.</param>
    /// <exception cref="IptablesException">Too many words, or one too long.</exception>
    public static void SplitRestore(ReadOnlySpan<char> line, List<string> words)
    {
        StringBuilder word = new();
        int bytes = 0;
        bool isOpen = false, isEscaped = false, isQuoted = false;
        foreach (char c in line)
        {
            if (isOpen && (isEscaped || c is not '\\' and not '"'))
            {
                Append(c);
                isEscaped = false;
                continue;
            }
            if (isOpen && c == '\\')
            {
                isEscaped = true;
                continue;
            }
            if (!isOpen && c == '"')
            {
                (isOpen, isQuoted) = (true, true);
                continue;
            }
            isOpen = false;
            if (c is not '"' and not ' ' and not '\t' and not '\n')
            {
                Append(c);
                continue;
            }
            if (word.Length > 0 || isQuoted)
            {
                Add();
            }
        }
        if (word.Length > 0)
        {
            Add();
        }

        void Append(char c)
        {
            bytes += ByteText.Length([c]);
            if (bytes > MaxWordLength - 1)
            {
                throw OptionCall.Error("Parameter too long!");
            }
            word.Append(c);
        }

        void Add()
        {
            if (words.Count + 2 >= MaxWords)
            {
                throw OptionCall.Error("Parser cannot handle more arguments");
            }
            words.Add(word.ToString());
            word.Clear();
            bytes = 0;
            isQuoted = false;
        }
    }

    /// <summary>Finds where the words of <see cref="SplitRestore"/> begin, for messages.</summary>
    public static void FindWords(ReadOnlySpan<char> line, List<int> starts)
    {
        bool isOpen = false, isEscaped = false, isWord = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (isOpen)
            {
                bool closes = !isEscaped && c == '"';
                isEscaped = !isEscaped && c == '\\';
                (isOpen, isWord) = (!closes, !closes);
                continue;
            }
            bool isBlank = c is ' ' or '\t' or '\n';
            if (!isBlank && !isWord)
            {
                starts.Add(i);
            }
            isWord = !isBlank;
            isOpen = c == '"';
        }
    }
}
