using Netfilter.Sim.Rules;

namespace Netfilter.Sim.State;

/// <summary>The states of all rules and all named objects of one namespace, each in a numbered slot.</summary>
internal sealed class RuleStateStore
{
    private readonly Dictionary<StateKey, int> _named = [];
    private readonly Stack<int> _free = [];
    private RuleState?[] _states = [];
    private bool[] _owned = [];
    private int[] _users = [];
    private int _count;

    /// <summary>What time it is, in nanoseconds since 1970.</summary>
    public Func<long> Now { get; init; } = static () => 0;

    /// <summary>Takes a slot for one rule's own state.</summary>
    public int Add(RuleState state)
    {
        int slot = _free.Count > 0 ? _free.Pop() : _count++;
        if (slot >= _states.Length)
        {
            int size = Math.Max(16, _states.Length * 2);
            Array.Resize(ref _states, size);
            Array.Resize(ref _owned, size);
            Array.Resize(ref _users, size);
        }
        (_states[slot], _owned[slot], _users[slot]) = (state, true, 1);
        state.Begin(Now());
        return slot;
    }

    /// <summary>Takes the slot of a named state, made when nobody uses that name yet.</summary>
    public int AddNamed(StateKey key, Func<RuleState> create)
    {
        if (_named.TryGetValue(key, out int slot))
        {
            _users[slot]++;
            return slot;
        }
        slot = Add(create());
        _named.Add(key, slot);
        return slot;
    }

    /// <summary>Takes the slot that a rule's declaration asks for: its own, or that of a name it shares.</summary>
    public int Attach(StateDeclaration declaration)
    {
        if (declaration.Shared is not { } key)
        {
            return Add(declaration.Create());
        }
        if (_named.ContainsKey(key))
        {
            int slot = AddNamed(key, declaration.Create);
            declaration.Join?.Invoke(Write(slot));
            return slot;
        }
        return AddNamed(key, declaration.Create);
    }

    /// <summary>Gives a slot back; a named state goes with its last user.</summary>
    public void Release(int slot)
    {
        if (--_users[slot] > 0)
        {
            return;
        }
        _states[slot] = null;
        _free.Push(slot);
        foreach ((StateKey key, int value) in _named)
        {
            if (value == slot)
            {
                _named.Remove(key);
                break;
            }
        }
    }

    /// <summary>Puts a fresh state in place of one that a single rule owns.</summary>
    public void Replace(int slot, RuleState state) => (_states[slot], _owned[slot]) = (state, true);

    /// <summary>The state to read.</summary>
    public RuleState Read(int slot) => _states[slot]!;

    /// <summary>The state to change; a copy of its own is taken first when a fork shares it.</summary>
    public RuleState Write(int slot)
    {
        if (!_owned[slot])
        {
            _states[slot] = _states[slot]!.Clone();
            _owned[slot] = true;
        }
        return _states[slot]!;
    }

    /// <summary>All named states of a kind, by name in ordinal order.</summary>
    public IEnumerable<(string Name, RuleState State)> Named(string kind) => _named
        .Where(entry => string.Equals(entry.Key.Kind, kind, StringComparison.Ordinal))
        .OrderBy(entry => entry.Key.Name, StringComparer.Ordinal)
        .Select(entry => (entry.Key.Name, _states[entry.Value]!));

    /// <summary>How many rules and others use a slot.</summary>
    public int Users(int slot) => _users[slot];

    /// <summary>Adds a user to a slot.</summary>
    public void Retain(int slot) => _users[slot]++;

    /// <summary>Gives a named state another name; its users stay.</summary>
    public void Rename(StateKey from, StateKey to)
    {
        if (_named.Remove(from, out int slot))
        {
            _named.Add(to, slot);
        }
    }

    /// <summary>Exchanges the states of two slots; names and users stay.</summary>
    public void Swap(int left, int right)
    {
        (_states[left], _states[right]) = (_states[right], _states[left]);
        (_owned[left], _owned[right]) = (_owned[right], _owned[left]);
    }

    /// <summary>The slot of a named state, or −1.</summary>
    public int Find(StateKey key) => _named.TryGetValue(key, out int slot) ? slot : -1;

    /// <summary>Makes a second store; neither sees what is changed through the other from now on.</summary>
    /// <param name="now">The clock of the second one.</param>
    public RuleStateStore Fork(Func<long>? now = null)
    {
        RuleStateStore fork = new()
        {
            Now = now ?? Now,
            _states = [.. _states],
            _owned = new bool[_owned.Length],
            _users = [.. _users],
            _count = _count,
        };
        Array.Clear(_owned);
        foreach ((StateKey key, int slot) in _named)
        {
            fork._named.Add(key, slot);
        }
        foreach (int slot in _free.Reverse())
        {
            fork._free.Push(slot);
        }
        return fork;
    }
}
