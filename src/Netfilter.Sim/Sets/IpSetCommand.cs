using System.Text;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Sets;

/// <summary>
/// The <c>ipset</c> tool, version 7.17, over the sets of a namespace: its commands, its output and its errors
/// (<c>ipset(8)</c>).
/// </summary>
internal sealed partial class IpSetCommand(RuleStateStore states, long nowNanoseconds)
{
    private const string Version = "ipset v7.17";
    private const int MaxName = 31;
    private const uint MostBuckets = 1u << 30;

    private readonly long _jiffies = IpSetKernel.Jiffies(nowNanoseconds);
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private SetCommandLine _line = null!;
    private readonly List<(int Line, SetCommand Command, int Slot, Action Change)> _pending = [];
    private bool _isQuiet, _restoresExisting;
    private int _number;

    private bool Exist { get; set; }

    /// <summary>Runs a command line.</summary>
    /// <param name="words">The words after <c>ipset</c>.</param>
    /// <param name="input">Standard input, for <c>restore</c>.</param>
    public (string Output, string Errors, int ExitCode) Run(IReadOnlyList<string> words, string input = "")
    {
        int code;
        try
        {
            code = Execute(words, isRestoring: false, input);
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
        return (_output.ToString(), _isQuiet ? "" : _errors.ToString(), code);
    }

    private int Execute(IReadOnlyList<string> words, bool isRestoring, string input)
    {
        SetCommandLine line = new(words);
        _isQuiet |= line.Quiet;
        line.TakeCommand(isRestoring);
        _line = line;
        Exist = line.Exist || (isRestoring && _restoresExisting);
        CheckName(line.First);
        CheckName(line.Command is SetCommand.Rename or SetCommand.Swap ? line.Second : null);
        if (line.Command is not (SetCommand.Add or SetCommand.Delete or SetCommand.Create or SetCommand.Quit))
        {
            Commit();
        }
        switch (line.Command)
        {
            case SetCommand.Create:
                Create(line.First!, line.Second!, line.Rest);
                return 0;
            case SetCommand.Add or SetCommand.Delete:
                Change(line, isRestoring);
                return 0;
            case SetCommand.Test:
                return Test(Find(line.First!), line);
            case SetCommand.Destroy:
                Destroy(line.First);
                return 0;
            case SetCommand.List or SetCommand.Save:
                List(line.First, line.Command == SetCommand.Save ? "save" : line.Output ?? "plain");
                return 0;
            case SetCommand.Flush:
                Flush(line.First);
                return 0;
            case SetCommand.Rename:
                Rename(Find(line.First!), line.Second!);
                return 0;
            case SetCommand.Swap:
                Swap(Find(line.First!), line.Second!);
                return 0;
            case SetCommand.Restore:
                return Restore(input);
            case SetCommand.Help:
                Help(line.First);
                return 0;
            case SetCommand.Version:
                _output.Append(Version).Append(", protocol version: 7\n");
                return 0;
            default:
                return 0;
        }
    }

    private void Help(string? type)
    {
        if (type is not null && IpSetType.Find(type) is null && !IpSetType.IsNotInKernel(type))
        {
            throw IpSetException.Usage($"Unknown settype: `{type}'");
        }
        _output.Append(Version).Append("\n\nUsage: ipset [options] COMMAND\n\nCommands: create add del test destroy list save restore flush "
            + "rename swap help version\nOptions: -exist -quiet -sorted -name -terse -output plain|save|xml\n");
    }

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

    private void Create(string name, string typeName, IReadOnlyList<string> words)
    {
        if (IpSetType.Find(typeName) is not { } type)
        {
            throw IpSetType.IsNotInKernel(typeName)
                ? new IpSetException("Kernel error received: set type not supported", 1)
                : IpSetException.Syntax($"typename '{typeName}' is unknown");
        }
        IpSetHeader header = SetCreateOptions.Read(type, name, words, out string warnings);
        _errors.Append(warnings);
        Commit();
        if (header.HashSize > MostBuckets)
        {
            throw new IpSetException("Kernel error received: Cannot allocate memory", 1);
        }
        StateKey key = new(IpSetKernel.StateKind, name);
        int old = states.Find(key);
        if (old >= 0)
        {
            IpSetHeader known = Read(old).Header;
            if (Exist && known.Type == header.Type && known == header with { Index = known.Index, InitialValue = known.InitialValue })
            {
                return;
            }
            throw new IpSetException("Set cannot be created: set with the same name already exists", 1);
        }
        HashSet<int> used = [.. AllSlots().Select(slot => Read(slot).Header.Index)];
        int index = Enumerable.Range(0, used.Count + 1).First(i => !used.Contains(i));
        states.AddNamed(key, () => new IpSet(header with { Index = index }));
    }

    private static void CheckName(string? name)
    {
        if (name is not null && ByteText.Length(name) > MaxName)
        {
            throw IpSetException.Syntax($"setname '{name}' is longer than {MaxName} characters");
        }
    }

    // What is added to one set is sent to the kernel together, at the next other command; a line that cannot be read loses it.
    private void Change(SetCommandLine line, bool isRestoring)
    {
        int slot = Find(line.First!);
        Action change = (line.Command, Read(slot).Header.Type.IsList) switch
        {
            (SetCommand.Add, false) => Add(slot, line),
            (SetCommand.Add, true) => AddMember(slot, line),
            (_, false) => Delete(slot, line),
            _ => DeleteMember(slot, line),
        };
        if (_pending.Count > 0 && (_pending[0].Command != line.Command || _pending[0].Slot != slot))
        {
            Commit();
        }
        _pending.Add((_number, line.Command, slot, change));
        if (!isRestoring)
        {
            Commit();
        }
    }

    private void Commit()
    {
        List<(int Line, SetCommand Command, int Slot, Action Change)> changes = [.. _pending];
        _pending.Clear();
        foreach ((int line, _, _, Action change) in changes)
        {
            int number = _number;
            _number = line;
            change();
            _number = number;
        }
    }

    private (List<(SetKey Key, ulong Mac)> Elements, SetElementOptions Options, string Shown) Parse(int slot, SetCommandLine line)
    {
        IpSetHeader header = Read(slot).Header;
        try
        {
            List<(SetKey, ulong)> elements = SetElementText.Parse(header, line.Second!, out string shown);
            SetElementOptions options = SetElementOptions.Read(header, line.Command, line.Rest);
            SetElementText.CheckAllowed(header, line.Second!, line.Command);
            return (elements, options, shown);
        }
        catch (IpSetException bad) when (bad.GoesOn)
        {
            SetElementOptions.ReadAfter(bad, header, line);
            throw;
        }
    }

    private Action Add(int slot, SetCommandLine line)
    {
        (List<(SetKey Key, ulong Mac)> elements, SetElementOptions options, _) = Parse(slot, line);
        bool exist = Exist;
        return () =>
        {
            IpSetHeader header = Read(slot).Header;
            if (header.Type.Name is "bitmap:ip" or "bitmap:port")
            {
                Normalise(header, elements[0].Key, isTest: false);
            }
            options.RequireSupport(header);
            foreach ((SetKey raw, ulong mac) in elements)
            {
                SetKey key = Normalise(header, raw, isTest: false);
                SetEntry entry = options.ToEntry(Read(slot), _jiffies) with { Mac = mac };
                SetError error = Write(slot).Add(key, entry, _jiffies, exist, (options.Packets is null, options.Bytes is null));
                if (error != SetError.None)
                {
                    throw new IpSetException(error);
                }
            }
        };
    }

    private Action AddMember(int slot, SetCommandLine line)
    {
        string text = line.Second!;
        CheckMember(text);
        SetElementOptions options = SetElementOptions.Read(Read(slot).Header, SetCommand.Add, line.Rest);
        bool exist = Exist;
        return () =>
        {
            options.RequireSupport(Read(slot).Header);
            int member = Member(text);
            IpSet list = Write(slot);
            int at = options.Reference is null ? -1 : Position(list, Reference(options.Reference));
            if (options.Reference == text)
            {
                throw new IpSetException(SetError.NoSuchReference);
            }
            bool known = list.Contains(new SetKey { Member = member }, _jiffies);
            SetError error = list.Add(
                new SetKey { Member = member }, options.ToEntry(list, _jiffies), _jiffies, exist, (options.Packets is null, options.Bytes is null));
            if (error != SetError.None)
            {
                throw new IpSetException(error);
            }
            if (!known)
            {
                states.Retain(member);
                list.Place(member, at < 0 ? -1 : options.IsBefore ? at : at + 1);
            }
        };
    }

    private static void CheckMember(string name)
    {
        if (name.Contains(',', StringComparison.Ordinal))
        {
            throw new IpSetException("you must specify elements as setname,[before|after],setname", 1);
        }
        CheckName(name);
    }

    private int Reference(string name)
    {
        int slot = states.Find(new StateKey(IpSetKernel.StateKind, name));
        return slot >= 0 ? slot
            : throw new IpSetException("The set to which you referred with 'before' or 'after' does not exist.", 1);
    }

    private int Member(string name)
    {
        int slot = states.Find(new StateKey(IpSetKernel.StateKind, name));
        if (slot < 0)
        {
            throw new IpSetException(SetError.NoSuchMember);
        }
        return Read(slot).Header.Type.IsList ? throw new IpSetException(SetError.ListInList) : slot;
    }

    private static int Position(IpSet list, int member)
    {
        int at = list.Members.IndexOf(member);
        return at >= 0 ? at : throw new IpSetException(SetError.NoSuchReference);
    }

    private static SetKey Normalise(IpSetHeader header, SetKey raw, bool isTest)
    {
        SetKey key = raw with { Ip = header.Cut(raw.Ip) };
        if (header.Type.Name == "hash:ip,port" && key.Ip.Bits == 0)
        {
            throw new IpSetException("Kernel error received: Invalid argument", 1);
        }
        if (isTest)
        {
            return key;
        }
        if (header.Type.Name is not ("hash:net,iface" or "bitmap:port") && (raw.Prefix == 0 || (HasSecond(header) && raw.Prefix2 == 0)))
        {
            throw new IpSetException(
                header.Type.Fields[0] == SetField.Ip && raw.Prefix == 0 && raw.Ip.Bits == 0 ? SetError.NullElement : SetError.InvalidCidr);
        }
        return IsOutside(header, key) ? throw new IpSetException(SetError.OutOfRange)
            : header.Type.Name == "hash:ip" && key.Ip.Bits == 0 ? throw new IpSetException(SetError.NullElement)
            : key;
    }

    private static bool HasSecond(IpSetHeader header) => header.Type.Fields.Length == 3;

    private static bool IsOutside(IpSetHeader header, in SetKey key)
    {
        uint place = header.Type.Name == "bitmap:port" ? key.Port : header.Type.IsBitmap ? key.Ip.IPv4Bits : 0;
        return header.Type.IsBitmap && (place < header.RangeFirst || place > header.RangeLast);
    }

    private Action Delete(int slot, SetCommandLine line)
    {
        (List<(SetKey Key, ulong Mac)> elements, _, _) = Parse(slot, line);
        bool exist = Exist;
        return () =>
        {
            IpSetHeader header = Read(slot).Header;
            foreach ((SetKey key, _) in elements)
            {
                if (Write(slot).Delete(Normalise(header, key, isTest: false), _jiffies) != SetError.None && !exist)
                {
                    throw new IpSetException(SetError.NotThere);
                }
            }
        };
    }

    private Action DeleteMember(int slot, SetCommandLine line)
    {
        CheckMember(line.Second!);
        SetElementOptions options = SetElementOptions.Read(Read(slot).Header, SetCommand.Delete, line.Rest);
        bool exist = Exist;
        return () =>
        {
            int member = Member(line.Second!);
            IpSet list = Write(slot);
            if (options.Reference is not null)
            {
                int expected = Position(list, Reference(options.Reference)) + (options.IsBefore ? -1 : 1);
                if (list.Members.IndexOf(member) != expected)
                {
                    throw new IpSetException(SetError.NoSuchReference);
                }
            }
            if (list.Delete(new SetKey { Member = member }, _jiffies) == SetError.None)
            {
                states.Release(member);
            }
            else if (!exist)
            {
                throw new IpSetException(SetError.NotThere);
            }
        };
    }

    private int Test(int slot, SetCommandLine line)
    {
        IpSet set = Read(slot);
        IpSetHeader header = set.Header;
        bool isIn;
        string shown = line.Second!;
        if (header.Type.IsList)
        {
            CheckMember(shown);
            SetElementOptions options = SetElementOptions.Read(header, SetCommand.Test, line.Rest);
            isIn = HoldsMember(set, shown, options);
            shown = options.Reference is null ? shown : $"{shown} after {options.Reference}";
        }
        else
        {
            (List<(SetKey Key, ulong Mac)> elements, SetElementOptions options, shown) = Parse(slot, line);
            SetKey key = Normalise(header, elements[0].Key, isTest: true);
            bool isNet = (header.Type.Fields[0] == SetField.Net && key.Prefix != key.Ip.ByteCount * 8)
                || (header.Type.Fields[^1] == SetField.Net && HasSecond(header) && key.Prefix2 != key.Ip2.ByteCount * 8);

            // A net that is asked for has to be in the set as it is; an address may be in any net.
            isIn = isNet ? set.Contains(key, _jiffies) && set.Find(key).NoMatch == options.NoMatch : !IsOutside(header, key)
                && (options.NoMatch ? IpSetKernel.IsException(set, key, _jiffies) : IpSetKernel.Contains(set, key, _jiffies));
        }
        _errors.Append(isIn ? $"Warning: {shown} is in set {header.Name}.\n" : $"{shown} is NOT in set {header.Name}.\n");
        return isIn ? 0 : 1;
    }

    private bool HoldsMember(IpSet list, string name, SetElementOptions options)
    {
        int member = states.Find(new StateKey(IpSetKernel.StateKind, name));
        int at = member < 0 || !list.Contains(new SetKey { Member = member }, _jiffies) ? -1 : list.Members.IndexOf(member);
        if (at < 0 || options.Reference is null)
        {
            return at >= 0;
        }
        int other = list.Members.IndexOf(states.Find(new StateKey(IpSetKernel.StateKind, options.Reference)));
        return other >= 0 && at == other + (options.IsBefore ? -1 : 1);
    }

    private void Destroy(string? name)
    {
        if (name is null)
        {
            Destroy(AllSlots());
        }
        else if (!Exist || states.Find(new StateKey(IpSetKernel.StateKind, name)) >= 0)
        {
            Destroy([Find(name)]);
        }
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

    private void Flush(string? name)
    {
        foreach (int slot in name is not null ? [Find(name)] : AllSlots())
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

    private void Swap(int left, string other)
    {
        int right = states.Find(new StateKey(IpSetKernel.StateKind, other));
        if (right < 0)
        {
            throw new IpSetException("Sets cannot be swapped: the second set does not exist", 1);
        }
        if (left == right)
        {
            return;
        }
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
}
