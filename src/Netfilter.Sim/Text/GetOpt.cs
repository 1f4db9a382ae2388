using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>
/// The options of the small tools, iptables-save and iptables-restore, which print the C library's own errors.
/// </summary>
internal sealed class GetOpt(string program, string footer, IReadOnlyList<(string Name, ArgumentNeed Need, char Letter)> options)
{
    /// <summary>Reads all words; operands may stand between options.</summary>
    /// <returns>The options in order, each with its word, and the operands.</returns>
    /// <exception cref="IptablesException">An option is wrong.</exception>
    public (List<(char Letter, string? Word)> Options, List<string> Operands) Read(IReadOnlyList<string> words)
    {
        List<(char, string?)> found = [];
        List<string> operands = [];
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (word == "--")
            {
                operands.AddRange(words.Skip(i + 1));
                break;
            }
            if (word.Length < 2 || word[0] != '-')
            {
                operands.Add(word);
            }
            else if (word[1] == '-')
            {
                i += ReadLong(word, i + 1 < words.Count ? words[i + 1] : null, found);
            }
            else
            {
                i += ReadLetters(word, i + 1 < words.Count ? words[i + 1] : null, found);
            }
        }
        return (found, operands);
    }

    private int ReadLong(string word, string? next, List<(char, string?)> found)
    {
        int equals = word.IndexOf('=');
        string name = equals < 0 ? word[2..] : word[2..equals];
        (string Name, ArgumentNeed Need, char Letter)[] candidates =
            [.. options.Where(option => option.Name.StartsWith(name, StringComparison.Ordinal))];
        (string Name, ArgumentNeed Need, char Letter) option =
            candidates.FirstOrDefault(candidate => candidate.Name == name, candidates.Length > 0 ? candidates[0] : default);
        if (option.Name is null)
        {
            throw Fail($"unrecognized option '{word}'");
        }
        if (candidates.Length > 1 && option.Name != name)
        {
            string all = string.Concat(candidates.Select(candidate => $" '--{candidate.Name}'"));
            throw Fail($"option '--{name}' is ambiguous; possibilities:{all}");
        }
        if (equals >= 0)
        {
            found.Add((option.Letter, option.Need == ArgumentNeed.No
                ? throw Fail($"option '--{option.Name}' doesn't allow an argument")
                : word[(equals + 1)..]));
            return 0;
        }
        bool takesNext = option.Need == ArgumentNeed.Required;
        found.Add((option.Letter, takesNext ? next ?? throw Fail($"option '--{option.Name}' requires an argument") : null));
        return takesNext ? 1 : 0;
    }

    private int ReadLetters(string word, string? next, List<(char, string?)> found)
    {
        for (int i = 1; i < word.Length; i++)
        {
            char letter = word[i];
            (string Name, ArgumentNeed Need, char Letter) option = options.FirstOrDefault(known => known.Letter == letter);
            if (option.Name is null)
            {
                throw Fail($"invalid option -- '{letter}'");
            }
            if (option.Need == ArgumentNeed.No)
            {
                found.Add((letter, null));
                continue;
            }
            string? rest = i + 1 < word.Length ? word[(i + 1)..] : null;
            bool takesNext = rest is null && option.Need == ArgumentNeed.Required;
            found.Add((letter, rest ?? (takesNext ? next ?? throw Fail($"option requires an argument -- '{letter}'") : null)));
            return takesNext ? 1 : 0;
        }
        return 0;
    }

    private IptablesException Fail(string message) =>
        new(IptablesExit.OtherProblem, $"{program}: {message}\n{footer}") { IsBare = true };
}
