using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Sets;

/// <summary>
/// The <c>ipset</c> tool, version 7.17, over the sets of a namespace: its commands, its output and its errors
/// (<c>ipset(8)</c>).
/// </summary>
internal sealed class IpSetCommand(RuleStateStore states, long nowNanoseconds)
{
    private const string Version = "ipset v7.17";

    private readonly long _jiffies = IpSetKernel.Jiffies(nowNanoseconds);
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private bool _exist, _quiet, _namesOnly, _terse, _sorted, _asSave;

    /// <summary>Runs a command line.</summary>
    /// <param name="words">The words after <c>ipset</c>.</param>
    /// <param name="input">Standard input, for <c>restore</c>.</param>
    public (string Output, string Errors, int ExitCode) Run(IReadOnlyList<string> words, string input = "")
    {
        int code;
        try
        {
            code = Execute(TakeOptions(words), input);
        }
        catch (IpSetException refused)
        {
            code = refused.ExitCode;
            _errors.Append(Version).Append(": ").Append(refused.Message).Append('\n');
            if (code == 2)
            {
                _errors.Append("Try `ipset help' for more information.\n");
            }
        }
        return (_output.ToString(), _quiet ? "" : _errors.ToString(), code);
    }

    private List<string> TakeOptions(IReadOnlyList<string> words)
    {
        List<string> rest = [];
        for (int i = 0; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "-exist" or "--exist" or "-!":
                    _exist = true;
                    break;
                case "-quiet" or "--quiet" or "-q":
                    _quiet = true;
                    break;
                case "-name" or "--name" or "-n":
                    _namesOnly = true;
                    break;
                case "-terse" or "--terse" or "-t":
                    _terse = true;
                    break;
                case "-sorted" or "--sorted" or "-s":
                    _sorted = true;
                    break;
                case "-output" or "--output" or "-o" when i + 1 < words.Count:
                    _asSave = words[++i] == "save";
                    break;
                default:
                    rest.Add(words[i]);
                    break;
            }
        }
        return rest;
    }

    private int Execute(List<string> words, string input)
    {
        if (words.Count == 0)
        {
            throw IpSetException.Usage("No command specified.");
        }
        switch (words[0])
        {
            case "create" or "n" or "--create" or "-N":
                Create(Argument(words, 1, "create"), Argument(words, 2, "create"), words);
                return 0;
            case "add" or "--add" or "-A":
                (string set, string element) = (Argument(words, 1, "add"), Argument(words, 2, "add"));
                Add(Find(set), element, words);
                return 0;
            case "del" or "--del" or "-D":
                (set, element) = (Argument(words, 1, "del"), Argument(words, 2, "del"));
                Delete(Find(set), element, words);
                return 0;
            case "test" or "--test" or "-T":
                (set, element) = (Argument(words, 1, "test"), Argument(words, 2, "test"));
                return Test(Find(set), element, words);
            case "destroy" or "x" or "--destroy" or "-X":
                Destroy(words);
                return 0;
            case "list" or "--list" or "-L":
                List(words, save: _asSave);
                return 0;
            case "save" or "--save" or "-S":
                List(words, save: true);
                return 0;
            case "flush" or "--flush" or "-F":
                Flush(words);
                return 0;
            case "rename" or "e" or "--rename" or "-E":
                Rename(Find(Argument(words, 1, "rename")), Argument(words, 2, "rename"));
                return 0;
            case "swap" or "w" or "--swap" or "-W":
                Swap(Find(Argument(words, 1, "swap")), Find(Argument(words, 2, "swap")));
                return 0;
            case "restore" or "--restore" or "-R":
                Restore(input);
                return 0;
            case "version" or "--version" or "-V":
                _output.Append(Version).Append(", protocol version: 7\n");
                return 0;
            default:
                throw IpSetException.Usage($"No command specified: unknown argument {words[0]}");
        }
    }

    private static string Argument(List<string> words, int index, string command) => index < words.Count
        ? words[index]
        : throw IpSetException.Usage($"Missing {(index == 2 ? "second " : "")}mandatory argument to command {command}");

    private int Find(string name)
    {
        int slot = states.Find(new StateKey(IpSetKernel.StateKind, name));
        return slot >= 0 ? slot : throw new IpSetException("The set with the given name does not exist", 1);
    }

    private IpSet Read(int slot) => (IpSet)states.Read(slot);

    private IpSet Write(int slot) => (IpSet)states.Write(slot);

    private string NameOf(int slot) => Read(slot).Header.Name;

    // Sets in the order of the kernel's array, lists of sets last, since they name others (ip_set_dump_do).
    private List<int> AllSlots() => [.. states.Named(IpSetKernel.StateKind)
        .Select(named => states.Find(new StateKey(IpSetKernel.StateKind, named.Name)))
        .OrderBy(slot => Read(slot).Header.Type.IsList).ThenBy(slot => Read(slot).Header.Index)];

    private void Create(string name, string typeName, List<string> words)
    {
        CheckName(name);
        bool inKernel = IpSetType.Find(typeName) is not null;
        if (!inKernel && !IpSetType.NotInKernel.Contains(typeName))
        {
            throw IpSetException.Syntax($"typename '{typeName}' is unknown");
        }
        if (!inKernel)
        {
            throw new IpSetException("Kernel error received: set type not supported", 1);
        }
        IpSetHeader header = new SetCreateOptions(IpSetType.Find(typeName)!, name, ref _exist).Read(words[3..]);
        StateKey key = new(IpSetKernel.StateKind, name);
        int old = states.Find(key);
        if (old >= 0)
        {
            IpSetHeader known = Read(old).Header;
            if (_exist && known.Type == header.Type && known == header with { Index = known.Index })
            {
                return;
            }
            throw new IpSetException("Set cannot be created: set with the same name already exists", 1);
        }
        HashSet<int> used = [.. AllSlots().Select(slot => Read(slot).Header.Index)];
        int index = Enumerable.Range(0, used.Count + 1).First(i => !used.Contains(i));
        states.AddNamed(key, () => new IpSet(header with { Index = index }));
    }

    private static void CheckName(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) > 31)
        {
            throw IpSetException.Syntax($"setname '{name}' is longer than 31 characters");
        }
    }

    private void Add(int slot, string text, List<string> words)
    {
        IpSetHeader header = Read(slot).Header;
        SetElementOptions options = SetElementOptions.Read(header, words[3..], ref _exist);
        if (header.Type.IsList)
        {
            AddMember(slot, text, options);
            return;
        }
        foreach ((SetKey raw, ulong mac) in SetElementText.Parse(header, text))
        {
            SetKey key = Normalise(header, raw);
            SetEntry entry = options.ToEntry(Read(slot), _jiffies) with { Mac = mac };
            SetError error = Write(slot).Add(
                key, entry, _jiffies, _exist, (options.Packets is null, options.Bytes is null));
            if (error != SetError.None)
            {
                throw new IpSetException(error);
            }
        }
    }

    private void AddMember(int slot, string text, SetElementOptions options)
    {
        int member = Member(text);
        if (Read(member).Header.Type.IsList)
        {
            throw new IpSetException(SetError.ListInList);
        }
        IpSet list = Write(slot);
        int at = options.Reference is null ? -1 : Position(list, Member(options.Reference));
        bool known = list.Contains(new SetKey { Member = member }, _jiffies);
        SetError error = list.Add(
            new SetKey { Member = member }, options.ToEntry(list, _jiffies), _jiffies, _exist, (options.Packets is null, options.Bytes is null));
        if (error != SetError.None)
        {
            throw new IpSetException(error);
        }
        if (!known)
        {
            states.Retain(member);
            list.Place(member, at < 0 ? -1 : options.IsBefore ? at : at + 1);
        }
    }

    private int Member(string name)
    {
        int slot = states.Find(new StateKey(IpSetKernel.StateKind, name));
        return slot >= 0 ? slot : throw new IpSetException(SetError.NoSuchMember);
    }

    private static int Position(IpSet list, int member)
    {
        int at = list.Members.IndexOf(member);
        return at >= 0 ? at : throw new IpSetException(SetError.NoSuchReference);
    }

    private static SetKey Normalise(IpSetHeader header, SetKey key)
    {
        if (header.Type.Name == "bitmap:port")
        {
            return key.Port >= header.RangeFirst && key.Port <= header.RangeLast
                ? key
                : throw new IpSetException(SetError.OutOfRange);
        }
        if (header.NetMask >= 0)
        {
            key = key with { Ip = new NetPrefix(key.Ip, header.NetMask).Address };
        }
        if (header.Type.IsBitmap && (key.Ip.IPv4Bits < header.RangeFirst || key.Ip.IPv4Bits > header.RangeLast))
        {
            throw new IpSetException(SetError.OutOfRange);
        }
        return header.Type.Name == "hash:ip" && key.Ip.Bits == 0 ? throw new IpSetException(SetError.NullElement) : key;
    }

    private void Delete(int slot, string text, List<string> words)
    {
        IpSetHeader header = Read(slot).Header;
        SetElementOptions options = SetElementOptions.Read(header, words[3..], ref _exist);
        if (header.Type.IsList)
        {
            DeleteMember(slot, text, options);
            return;
        }
        foreach ((SetKey key, _) in SetElementText.Parse(header, text))
        {
            if (Write(slot).Delete(Normalise(header, key), _jiffies) != SetError.None && !_exist)
            {
                throw new IpSetException(SetError.NotThere);
            }
        }
    }

    private void DeleteMember(int slot, string text, SetElementOptions options)
    {
        int member = Member(text);
        IpSet list = Write(slot);
        if (options.Reference is not null)
        {
            int expected = Position(list, Member(options.Reference)) + (options.IsBefore ? -1 : 1);
            if (list.Members.IndexOf(member) != expected)
            {
                throw new IpSetException(SetError.NoSuchReference);
            }
        }
        if (list.Delete(new SetKey { Member = member }, _jiffies) == SetError.None)
        {
            states.Release(member);
        }
        else if (!_exist)
        {
            throw new IpSetException(SetError.NotThere);
        }
    }

    private int Test(int slot, string text, List<string> words)
    {
        IpSetHeader header = Read(slot).Header;
        SetElementOptions.Read(header, words[3..], ref _exist);
        bool isIn = header.Type.IsList
            ? Read(slot).Contains(new SetKey { Member = Member(text) }, _jiffies)
            : IpSetKernel.Contains(Read(slot), Normalise(header, SetElementText.Parse(header, text)[0].Key), _jiffies);
        _errors.Append(isIn ? $"Warning: {text} is in set {header.Name}.\n" : $"{text} is NOT in set {header.Name}.\n");
        return isIn ? 0 : 1;
    }

    private void Destroy(List<string> words)
    {
        if (words.Count > 1)
        {
            int slot = states.Find(new StateKey(IpSetKernel.StateKind, words[1]));
            if (slot < 0 && _exist)
            {
                return;
            }
            Destroy([Find(words[1])]);
            return;
        }
        Destroy(AllSlots());
    }

    private void Destroy(List<int> slots)
    {
        if (slots.Exists(slot => states.Users(slot) > 1))
        {
            throw new IpSetException("Set cannot be destroyed: it is in use by a kernel component", 1);
        }
        foreach (int slot in slots)
        {
            foreach (int member in Read(slot).Members)
            {
                states.Release(member);
            }
            states.Release(slot);
        }
    }

    private void Flush(List<string> words)
    {
        foreach (int slot in words.Count > 1 ? [Find(words[1])] : AllSlots())
        {
            foreach (int member in Read(slot).Members)
            {
                states.Release(member);
            }
            Write(slot).Flush();
        }
    }

    private void Rename(int slot, string name)
    {
        CheckName(name);
        if (states.Users(slot) > 1)
        {
            throw new IpSetException("Set cannot be renamed: it is in use by another system", 1);
        }
        if (states.Find(new StateKey(IpSetKernel.StateKind, name)) >= 0)
        {
            throw new IpSetException("Set cannot be renamed: a set with the new name already exists", 1);
        }
        IpSet set = Write(slot);
        states.Rename(new StateKey(IpSetKernel.StateKind, set.Header.Name), new StateKey(IpSetKernel.StateKind, name));
        set.Header = set.Header with { Name = name };
    }

    private void Swap(int left, int right)
    {
        IpSet a = Write(left), b = Write(right);
        if (!a.Header.CanSwapWith(b.Header))
        {
            throw new IpSetException("The sets cannot be swapped: their type does not match", 1);
        }
        (string nameA, int indexA) = (a.Header.Name, a.Header.Index);
        a.Header = a.Header with { Name = b.Header.Name, Index = b.Header.Index };
        b.Header = b.Header with { Name = nameA, Index = indexA };
        states.Swap(left, right);
    }

    private void Restore(string input)
    {
        string[] lines = input.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            bool exist = _exist;
            try
            {
                Execute(TakeOptions(SplitWords(line)), "");
            }
            catch (IpSetException refused) when (refused.ExitCode == 1)
            {
                throw new IpSetException(
                    string.Create(CultureInfo.InvariantCulture, $"Error in line {i + 1}: {refused.Message}"), 1);
            }
            _exist = exist;
        }
    }

    /// <summary>Splits a line at blanks; double quotes keep a word together.</summary>
    private static List<string> SplitWords(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool quoted = false, any = false;
        foreach (char c in line)
        {
            if (c == '"')
            {
                (quoted, any) = (!quoted, true);
            }
            else if (!quoted && char.IsWhiteSpace(c))
            {
                if (any)
                {
                    words.Add(word.ToString());
                }
                word.Clear();
                any = false;
            }
            else
            {
                word.Append(c);
                any = true;
            }
        }
        if (any)
        {
            words.Add(word.ToString());
        }
        return words;
    }

    private void List(List<string> words, bool save)
    {
        if (words.Count > 2)
        {
            throw IpSetException.Usage($"Unknown argument {words[2]}");
        }
        bool first = true;
        foreach (int slot in words.Count > 1 ? [Find(words[1])] : AllSlots())
        {
            IpSet set = Read(slot);
            if (_namesOnly)
            {
                _output.Append(set.Header.Name).Append('\n');
                continue;
            }
            _output.Append(first || save ? "" : "\n");
            first = false;
            List<string> elements = [.. set.Entries(_jiffies)
                .Select(entry => SetElementText.Format(set.Header, entry.Key, entry.Value, NameOf) + SetElementOptions.Format(set, entry.Value, _jiffies))];
            if (_sorted)
            {
                elements.Sort(StringComparer.Ordinal);
            }
            if (save)
            {
                _output.Append(CultureInfo.InvariantCulture, $"create {set.Header.Name} {set.Header.Type.Name} {SetCreateOptions.Format(set.Header)}\n");
                elements.ForEach(element => _output.Append(CultureInfo.InvariantCulture, $"add {set.Header.Name} {element}\n"));
                continue;
            }
            AppendHead(slot, set, elements.Count);
            if (!_terse)
            {
                _output.Append("Members:\n");
                elements.ForEach(element => _output.Append(element).Append('\n'));
            }
        }
    }

    private void AppendHead(int slot, IpSet set, int count) => _output.Append(CultureInfo.InvariantCulture, $"""
        Name: {set.Header.Name}
        Type: {set.Header.Type.Name}
        Revision: {set.Header.Type.Revision}
        Header: {SetCreateOptions.Format(set.Header)}
        References: {states.Users(slot) - 1}
        Number of entries: {count}

        """);
}
