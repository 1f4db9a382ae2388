using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Engine;

/// <summary>How a loaded table takes other rules.</summary>
internal sealed partial class TableInstance<TAddress>
{
    public override void Replace(Table next, bool keepsCounters, RuleStateStore states, bool isChecked = false)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (next.Definition != Current.Definition)
        {
            throw new ArgumentException("It is another table.", nameof(next));
        }
        Change change = Compare(next);
        Compile(change);
        if (!isChecked)
        {
            RefuseLoops(change);
        }
        Apply(change, keepsCounters, states);
        Current = WithoutPolicyCounters(next);
        RestartStates(change, states);
    }

    public override void Release(RuleStateStore states)
    {
        foreach (int slot in _slotOfName.Values)
        {
            foreach (int state in _chains.Read(slot).StateSlots)
            {
                states.Release(state);
            }
        }
    }

    // Chains by what becomes of them. Those that are the same object are not looked at, however many there are.
    private Change Compare(Table next)
    {
        Change change = new();
        foreach ((Chain? before, Chain? after) in Current.DifferencesTo(next).Concat(
            next.BuiltIn.Select(chain => ((Chain?)chain, (Chain?)chain))))
        {
            if (after is null)
            {
                change.Removed.Add(before!.Name);
            }
            else if (before is null)
            {
                change.Added.Add(new Edit(after, -1));
            }
            else
            {
                int slot = _slotOfName[after.Name];
                if (_chains.Read(slot).Source!.SharesRules(after))
                {
                    change.Kept.Add((after, slot));
                }
                else
                {
                    change.Edited.Add(new Edit(after, slot));
                }
            }
        }
        CallOrder.Sort(change.Added, edit => edit.Chain, next);
        return change;
    }

    private void Compile(Change change)
    {
        int fresh = _slots.Count;
        Stack<int> free = new(_freeSlots.Reverse());
        foreach (Edit added in change.Added)
        {
            added.Slot = free.TryPop(out int slot) ? slot : fresh++;
            change.SlotOfAdded.Add(added.Chain.Name, added.Slot);
        }
        change.SlotCount = fresh;
        HashSet<string> removed = new(change.Removed, StringComparer.Ordinal);
        // All at once, so that the rules of chains that call each other lie together, and nothing else between them.
        List<RuleCode<TAddress>[]> rules = [.. change.AddedAndEdited.Select(edit => new RuleCode<TAddress>[edit.Chain.Rules.Count])];
        int next = 0;
        foreach (Edit edit in change.AddedAndEdited)
        {
            edit.Code = ChainCompiler<TAddress>.Compile(Name, edit.Chain, rules[next++], SlotOfUserChain);
            change.CodeOfSlot.Add(edit.Slot, edit.Code);
        }
        if (removed.Count > 0)
        {
            RefuseMissing(change, [.. removed.Select(name => _slotOfName[name])]);
        }

        int SlotOfUserChain(string name) => change.SlotOfAdded.TryGetValue(name, out int added) ? added
            : _slotOfName.TryGetValue(name, out int slot) && !removed.Contains(name) && !_rootOfHook.Contains(slot) ? slot
            : -1;
    }

    private void RefuseMissing(Change change, HashSet<int> removed)
    {
        foreach (int slot in _slotOfName.Values)
        {
            if (change.CodeOfSlot.ContainsKey(slot) || removed.Contains(slot))
            {
                continue;
            }
            foreach (int missing in _chains.Read(slot).Code.References)
            {
                if (removed.Contains(missing))
                {
                    throw new RulesetLoadException(
                        Name, _chains.Read(slot).Source!.Name, 0, $"there is no chain '{_chains.Read(missing).Source!.Name}'");
                }
            }
        }
    }

    private void RefuseLoops(Change change)
    {
        if (!change.AddedAndEdited.Any(edit => edit.Code.Calls.Length > 0))
        {
            return;
        }
        int[] CallsOf(int slot) =>
            change.CodeOfSlot.TryGetValue(slot, out CompiledChain<TAddress>? code) ? code.Calls : _chains.Read(slot).Code.Calls;
        // A new loop passes through a chain that changed; only then it matters whether a hook leads there.
        if (LoopFinder.Find([.. change.AddedAndEdited.Select(edit => edit.Slot)], change.SlotCount, CallsOf) < 0)
        {
            return;
        }
        int looping = LoopFinder.Find([.. _rootOfHook.Where(slot => slot >= 0)], change.SlotCount, CallsOf);
        if (looping >= 0)
        {
            string name = change.AddedAndEdited.FirstOrDefault(edit => edit.Slot == looping)?.Chain.Name
                ?? _chains.Read(looping).Source!.Name;
            throw new RulesetLoadException(Name, name, 0, "the chain leads back to itself");
        }
    }

    private void Apply(Change change, bool keepsCounters, RuleStateStore states)
    {
        OwnNames();
        List<int> released = [];
        foreach (Edit edit in change.Added)
        {
            int free = _freeSlots.TryPop(out int slot) ? slot : AddSlot();
            System.Diagnostics.Debug.Assert(free == edit.Slot, "Slots are taken in the order they were planned.");
            _slotOfName.Add(edit.Chain.Name, free);
        }
        foreach (Edit edit in change.AddedAndEdited)
        {
            Put(edit, keepsCounters ? FormerOf(edit, change) : -1, states, released);
        }
        foreach ((Chain chain, int slot) in change.Kept)
        {
            Keep(chain, slot);
        }
        if (!keepsCounters)
        {
            ResetCounters(change);
        }
        foreach (string name in change.Removed)
        {
            Remove(name, released);
        }
        released.ForEach(states.Release);
        Needs = RuleNeeds.None;
        foreach (int slot in _slotOfName.Values)
        {
            Needs |= _chains.Read(slot).Code.Needs;
        }
    }

    // The chain whose counters a new or edited one goes on with: itself, or the one that it was renamed from.
    private int FormerOf(Edit edit, Change change)
    {
        if (_chains.Read(edit.Slot).Source is not null)
        {
            return edit.Slot;
        }
        string? renamed = change.Removed.Find(name => _chains.Read(_slotOfName[name]).Source!.SharesRules(edit.Chain));
        return renamed is null ? -1 : _slotOfName[renamed];
    }

    private void Put(Edit edit, int former, RuleStateStore states, List<int> released)
    {
        LoadedChain<TAddress> before = _chains.Read(edit.Slot);
        int[] from = former < 0
            ? RuleSequenceComparison.AllNew(edit.Chain.Rules.Count)
            : RuleSequenceComparison.OriginOfEach(_chains.Read(former).Source!.Rules, edit.Chain.Rules);
        int first = _counters.Take(edit.Code.Count + 1);
        for (int i = 0; i < edit.Code.Count; i++)
        {
            _counters.Write(first + i) = from[i] < 0
                ? edit.Chain.Rules.CountersOf(i)
                : _counters.Read(_slots.Read(former).FirstCounter + from[i]);
        }
        _counters.Write(first + edit.Code.Count) = edit.Chain.PolicyCounters;
        int[] stateSlots = [.. edit.Code.States.Select(state => TakeState(state, states))];
        if (before.Source is not null)
        {
            _counters.Give(_slots.Read(edit.Slot).FirstCounter, before.Code.Count + 1);
            released.AddRange(before.StateSlots);
        }
        _slots.Write(edit.Slot) = new ChainSlot<TAddress> { Rules = edit.Code.Rules, FirstCounter = first };
        _chains.Write(edit.Slot) = new LoadedChain<TAddress> { Source = edit.Chain, Code = edit.Code, StateSlots = stateSlots };
    }

    // Those of the text, also for chains that are the same object as before.
    private void ResetCounters(Change change)
    {
        foreach (int slot in _slotOfName.Values)
        {
            ref readonly ChainSlot<TAddress> kept = ref _slots.Read(slot);
            for (int i = 0; !change.CodeOfSlot.ContainsKey(slot) && i < kept.Rules.Length; i++)
            {
                _counters.Write(kept.FirstCounter + i) = _chains.Read(slot).Source!.Rules.CountersOf(i);
            }
        }
    }

    private void Keep(Chain chain, int slot)
    {
        if (!ReferenceEquals(_chains.Read(slot).Source, chain))
        {
            _chains.Write(slot).Source = chain;
        }
        if (chain.IsBuiltIn)
        {
            ref readonly ChainSlot<TAddress> kept = ref _slots.Read(slot);
            _counters.Write(kept.FirstCounter + kept.Rules.Length) = chain.PolicyCounters;
        }
    }

    private void Remove(string name, List<int> released)
    {
        int slot = _slotOfName[name];
        ref ChainSlot<TAddress> gone = ref _slots.Write(slot);
        _counters.Give(gone.FirstCounter, gone.Rules.Length + 1);
        released.AddRange(_chains.Read(slot).StateSlots);
        (gone, _chains.Write(slot)) = (default, default);
        _slotOfName.Remove(name);
        _freeSlots.Push(slot);
    }

    // x_tables checks every rule of the new table anew, so that even untouched ones begin with fresh states.
    private void RestartStates(Change change, RuleStateStore states)
    {
        foreach (int slot in _slotOfName.Values)
        {
            ref readonly LoadedChain<TAddress> kept = ref _chains.Read(slot);
            for (int i = 0; i < kept.StateSlots.Length && !change.CodeOfSlot.ContainsKey(slot); i++)
            {
                if (kept.Code.States[i].Shared is null)
                {
                    states.Replace(kept.StateSlots[i], kept.Code.States[i].Create());
                }
            }
        }
    }

    private static int TakeState(StateDeclaration state, RuleStateStore states) => states.Attach(state);

    private static Table WithoutPolicyCounters(Table table) => table.With(table.Chains
        .Take(table.Definition.BuiltInChains.Length)
        .Where(chain => chain.PolicyCounters != default)
        .Select(chain => chain with { PolicyCounters = default }));

    private void OwnNames()
    {
        if (_sharesNames)
        {
            _slotOfName = new Dictionary<string, int>(_slotOfName, StringComparer.Ordinal);
            _freeSlots = new Stack<int>(_freeSlots.Reverse());
            _sharesNames = false;
        }
    }

    private sealed class Edit(Chain chain, int slot)
    {
        public Chain Chain { get; } = chain;

        public int Slot { get; set; } = slot;

        public CompiledChain<TAddress> Code { get; set; } = null!;
    }

    private sealed class Change
    {
        public List<Edit> Added { get; } = [];

        public List<Edit> Edited { get; } = [];

        public List<(Chain Chain, int Slot)> Kept { get; } = [];

        public List<string> Removed { get; } = [];

        public Dictionary<string, int> SlotOfAdded { get; } = new(StringComparer.Ordinal);

        public Dictionary<int, CompiledChain<TAddress>> CodeOfSlot { get; } = [];

        public int SlotCount { get; set; }

        public IEnumerable<Edit> AddedAndEdited => Added.Concat(Edited);
    }
}
