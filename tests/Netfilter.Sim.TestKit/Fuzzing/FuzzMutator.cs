using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.TestKit.Fuzzing;

/// <summary>Changes words, lines and bytes at random; everything follows from the seed.</summary>
internal sealed class FuzzMutator(FuzzCorpus corpus, ulong seed)
{
    private const string Odd = "!-:/,.*#\"'\\ \t\n\r\0[]%$@0179afxAFZé\u00ff\ud800☃";

    private static readonly string[] Edges =
    [
        "", "!", "-", "--", "-1", "0", "255", "256", "65535", "65536", "2147483648", "4294967295", "4294967296",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999", "0x", "0xffffffff", "0x100000000", "08", "1e9",
        "1:", ":1", ":", "::", "5:3", "/", "/0", "1/33", "0.0.0.0/0", "1.2.3.4/255.0.255.0", "::/0", "::1/129", "1,2,3", ",", ",,",
        "1-", "-2", "2-1", "NaN", "inf", "-0", "\"", "\"a b", "'", "\\", "%s%n", "ACCEPT", "INPUT", "-j", "-m", "-A", "-p", "tcp",
    ];

    private readonly SeededSampleSource _random = new(seed, IpFamily.IPv4);

    public int Next(int count) => _random.Next(count);

    public T One<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>A recorded command, its arguments changed; the program stays.</summary>
    public List<string> Command(IReadOnlyList<string> command)
    {
        List<string> words = [.. command];
        for (int times = 1 + Next(1 + Next(4)); times > 0; times--)
        {
            ChangeWords(words);
        }
        return words;
    }

    /// <summary>Some lines of a dump, changed.</summary>
    public string Dump(IReadOnlyList<string> dump)
    {
        List<string> lines = dump.Count > 60 && Next(20) > 0 ? Window(dump) : [.. dump];
        for (int times = Next(1 + Next(5)); times > 0 && lines.Count > 0; times--)
        {
            ChangeLines(lines);
        }
        string text = string.Join('\n', lines);
        return Next(4) == 0 ? Text(text) : text;
    }

    /// <summary>A text with some characters changed, or cut off.</summary>
    public string Text(string text)
    {
        StringBuilder changed = new(text);
        for (int times = 1 + Next(1 + Next(3)); times > 0; times--)
        {
            int place = Next(changed.Length + 1);
            switch (Next(5))
            {
                case 0 when place < changed.Length:
                    changed[place] = Odd[Next(Odd.Length)];
                    break;
                case 1 when place < changed.Length:
                    changed.Remove(place, 1 + Next(Math.Min(8, changed.Length - place)));
                    break;
                case 2 when Next(4) == 0:
                    changed.Length = place;
                    break;
                case 3:
                    changed.Insert(place, One(Edges));
                    break;
                default:
                    changed.Insert(place, Odd[Next(Odd.Length)].ToString(), Next(30) == 0 ? 1 + Next(3000) : 1);
                    break;
            }
        }
        return changed.ToString();
    }

    /// <summary>Bytes with some of them changed, cut off, or more behind them.</summary>
    public byte[] Bytes(byte[] bytes)
    {
        List<byte> changed = [.. bytes];
        for (int times = 1 + Next(4); times > 0 && changed.Count > 0; times--)
        {
            int place = Next(Next(2) == 0 ? Math.Min(24, changed.Count) : changed.Count);
            switch (Next(4))
            {
                case 0:
                    changed[place] ^= (byte)(1 << Next(8));
                    break;
                case 1:
                    changed[place] = (byte)Next(256);
                    break;
                case 2:
                    changed.RemoveRange(place, changed.Count - place);
                    break;
                default:
                    changed.InsertRange(place, new byte[1 + Next(40)]);
                    break;
            }
        }
        return [.. changed];
    }

    private void ChangeWords(List<string> words)
    {
        int place = 1 + Next(Math.Max(1, words.Count - 1));
        bool isIn = place < words.Count;
        switch (Next(9))
        {
            case 0 when isIn:
                words.RemoveAt(place);
                break;
            case 1 when isIn:
                words.Insert(place, words[place]);
                break;
            case 2 when isIn:
                int other = 1 + Next(words.Count - 1);
                (words[place], words[other]) = (words[other], words[place]);
                break;
            case 3 when isIn:
                words[place] = One(corpus.Words);
                break;
            case 4 when isIn:
                words[place] = One(Edges);
                break;
            case 5:
                words.Insert(Math.Min(place, words.Count), One(Edges));
                break;
            case 6:
                IReadOnlyList<string> donor = One(corpus.Commands).Words;
                words.InsertRange(Math.Min(place, words.Count), donor.Skip(3 + Next(4)).Take(1 + Next(6)));
                break;
            default:
                if (isIn)
                {
                    words[place] = Text(words[place]);
                }
                break;
        }
    }

    private void ChangeLines(List<string> lines)
    {
        int place = Next(lines.Count);
        switch (Next(8))
        {
            case 0:
                lines.RemoveAt(place);
                break;
            case 1:
                lines.Insert(place, lines[place]);
                break;
            case 2:
                int other = Next(lines.Count);
                (lines[place], lines[other]) = (lines[other], lines[place]);
                break;
            case 3:
                lines.Insert(place, string.Join(' ', One(corpus.Commands).Words.Skip(3)));
                break;
            case 4 when Next(10) == 0:
                lines.InsertRange(place, Enumerable.Repeat(lines[place], 1 + Next(300)));
                break;
            case 5:
                lines[place] = Text(lines[place]);
                break;
            default:
                List<string> words = ["", .. lines[place].Split(' ')];
                ChangeWords(words);
                lines[place] = string.Join(' ', words.Skip(1));
                break;
        }
    }

    // Chains are declared first: they are kept, so that the rules after them mean something.
    private List<string> Window(IReadOnlyList<string> dump)
    {
        int start = Next(dump.Count);
        return [.. dump.Where((line, number) => line.StartsWith('*') || line.StartsWith(':') || line == "COMMIT"
            || (number >= start && number < start + 30))];
    }
}
