using System.Globalization;
using System.Text;

namespace Netfilter.Sim.Sets;

/// <summary>What reads and prints many sets: <c>restore</c>, <c>save</c> and <c>list</c>.</summary>
internal sealed partial class IpSetCommand
{
    // A test that fails ends it.
    private int Restore(string input)
    {
        _restoresExisting = _line.Exist;
        string[] lines = input.Split('\n');
        try
        {
            for (int i = 0; i < lines.Length; i++)
            {
                _number = i + 1;
                string line = lines[i].Trim();
                if (line.Length == 0 || line[0] == '#')
                {
                    continue;
                }
                if (line == "COMMIT")
                {
                    Commit();
                    continue;
                }
                int code = Execute(SplitWords(line), isRestoring: true, "");
                if (code != 0 || _line.Command == SetCommand.Quit)
                {
                    return code;
                }
            }
            Commit();
            return 0;
        }
        catch (IpSetException refused) when (refused.ExitCode == 1 && !refused.HidesLine)
        {
            throw new IpSetException(
                string.Create(CultureInfo.InvariantCulture, $"Error in line {_number}: {refused.InRestore ?? refused.Message}"), 1);
        }
    }

    /// <summary>Splits a line at blanks; double quotes keep a word together, and an empty or open one is none.</summary>
    private static List<string> SplitWords(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool quoted = false;
        foreach (char c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            if (c == '"' || (!quoted && char.IsWhiteSpace(c)))
            {
                AddWord();
            }
            else
            {
                word.Append(c);
            }
        }
        if (!quoted)
        {
            AddWord();
        }
        return words;

        void AddWord()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
            }
            word.Clear();
        }
    }

    private void List(string? name, string form)
    {
        bool isFirst = true;
        foreach (int slot in name is not null ? [Find(name)] : AllSlots())
        {
            IpSet set = Read(slot);
            if (_line.NamesOnly)
            {
                _output.Append(set.Header.Name).Append('\n');
                continue;
            }
            List<KeyValuePair<SetKey, SetEntry>> entries = [.. set.Entries(_jiffies)];
            List<string> elements = [.. entries.Select(entry => SetElementText.Format(set.Header, entry.Key, entry.Value, NameOf)
                + SetElementOptions.Format(set, entry.Value, _jiffies))];
            if (_line.Sorted)
            {
                elements.Sort(StringComparer.Ordinal);
            }
            switch (form)
            {
                case "save":
                    _output.Append(CultureInfo.InvariantCulture, $"create {set.Header.Name} {set.Header.Type.Name} {SetCreateOptions.Format(set.Header)}\n");
                    elements.ForEach(element => _output.Append(CultureInfo.InvariantCulture, $"add {set.Header.Name} {element}\n"));
                    break;
                default:
                    _output.Append(isFirst ? "" : "\n");
                    AppendPlain(slot, set, entries, elements);
                    break;
            }
            isFirst = false;
        }
    }

    private void AppendPlain(int slot, IpSet set, List<KeyValuePair<SetKey, SetEntry>> entries, List<string> elements)
    {
        _output.Append(CultureInfo.InvariantCulture, $"""
            Name: {set.Header.Name}
            Type: {set.Header.Type.Name}
            Revision: {set.Header.Type.Revision}
            Header: {SetCreateOptions.Format(set.Header)}
            Size in memory: {SetMemory.Of(set.Header, entries)}
            References: {states.Users(slot) - 1}
            Number of entries: {elements.Count}

            """);
        if (!_line.Terse)
        {
            _output.Append("Members:\n");
            elements.ForEach(element => _output.Append(element).Append('\n'));
        }
    }
}
