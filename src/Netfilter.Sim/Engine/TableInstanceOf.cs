using System.Runtime.CompilerServices;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.State;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Engine;

/// <summary>A loaded table of one family.</summary>
internal sealed partial class TableInstance<TAddress> : TableInstance
    where TAddress : struct, IAddress<TAddress>
{
    // Each chain has one number in both.
    private readonly CowArray<ChainSlot<TAddress>> _slots;
    private readonly CowArray<LoadedChain<TAddress>> _chains;
    private readonly CounterRanges _counters;
    private readonly int[] _rootOfHook = [-1, -1, -1, -1, -1];
    private Dictionary<string, int> _slotOfName = new(StringComparer.Ordinal);
    private Stack<int> _freeSlots = new();
    private bool _sharesNames;

    public TableInstance(TableDefinition definition)
        : base(definition)
    {
        (_slots, _chains) = (new CowArray<ChainSlot<TAddress>>(), new CowArray<LoadedChain<TAddress>>());
        _counters = new CounterRanges();
        foreach (Chain chain in Current.Chains)
        {
            int slot = AddSlot();
            _slotOfName.Add(chain.Name, slot);
            _rootOfHook[(int)definition.HookOf(chain.Name)!.Value] = slot;
            int counter = _counters.Take(1);
            _counters.Write(counter) = default;
            CompiledChain<TAddress> code = ChainCompiler<TAddress>.Compile(definition.Name, chain, [], _ => -1);
            _slots.Write(slot) = new ChainSlot<TAddress> { Rules = code.Rules, FirstCounter = counter };
            _chains.Write(slot) = new LoadedChain<TAddress> { Source = chain, Code = code, StateSlots = [] };
        }
    }

    private TableInstance(TableInstance<TAddress> origin)
        : base(origin.Current.Definition)
    {
        (Current, Needs) = (origin.Current, origin.Needs);
        (_slots, _chains) = (origin._slots.Fork(), origin._chains.Fork());
        _counters = origin._counters.Fork();
        _rootOfHook = origin._rootOfHook;
        (_slotOfName, _freeSlots) = (origin._slotOfName, origin._freeSlots);
        _sharesNames = origin._sharesNames = true;
    }

    public string Name => Current.Name;

    public override Verdict Walk(Hook hook, PacketBuffer packet, WalkContext walk)
    {
        if (walk.Recorder is { } recorder)
        {
            return ChainWalker<TAddress, RecordingObserver>.Walk(this, hook, packet, walk, new RecordingObserver(recorder, this));
        }
        int slot = _rootOfHook[(int)hook];
        ref readonly ChainSlot<TAddress> root = ref _slots.Read(slot);
        if (root.Rules.Length == 0 && !packet.Trace && _chains.Read(slot).Source!.Policy == ChainPolicy.Accept)
        {
            // Most chains of most tables: nothing to compare, only to count.
            Count(root.FirstCounter, packet.Length);
            return Verdict.Accept;
        }
        return ChainWalker<TAddress, NoObserver>.Walk(this, hook, packet, walk, default);
    }

    public int RootOf(Hook hook) => _rootOfHook[(int)hook];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly ChainSlot<TAddress> Slot(int slot) => ref _slots.Read(slot);

    public ref readonly LoadedChain<TAddress> Loaded(int slot) => ref _chains.Read(slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int counter, int bytes)
    {
        ref RuleCounters counters = ref _counters.Write(counter);
        counters = new RuleCounters(counters.Packets + 1, counters.Bytes + (uint)bytes);
    }

    public RuleCounters ReadCounter(int counter) => _counters.Read(counter);

    public override RuleCounters CountersOf(string chain, int index)
    {
        ref readonly ChainSlot<TAddress> slot = ref _slots.Read(Find(chain));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)slot.Rules.Length);
        return _counters.Read(slot.FirstCounter + index);
    }

    public override RuleCounters PolicyCountersOf(string chain)
    {
        ref readonly ChainSlot<TAddress> slot = ref _slots.Read(Find(chain));
        return _counters.Read(slot.FirstCounter + slot.Rules.Length);
    }

    public override void SetCounters(string chain, int index, RuleCounters counters)
    {
        ref readonly ChainSlot<TAddress> slot = ref _slots.Read(Find(chain));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, (uint)slot.Rules.Length);
        _counters.Write(slot.FirstCounter + index) = counters;
    }

    public override IReadOnlyList<int> StateSlotsOf(string chain) => _chains.Read(Find(chain)).StateSlots;

    public override Table Snapshot() => Current.With(Current.Chains.Select(chain =>
    {
        int first = _slots.Read(Find(chain.Name)).FirstCounter;
        return chain with
        {
            Rules = chain.Rules.WithCounters(index => _counters.Read(first + index)),
            PolicyCounters = chain.IsBuiltIn ? _counters.Read(first + chain.Rules.Count) : default,
        };
    }));

    public override long EstimateBytes()
    {
        long bytes = 0;
        foreach (int slot in _slotOfName.Values)
        {
            CompiledChain<TAddress> code = _chains.Read(slot).Code;
            bytes += 200 + ((long)code.Count * (Unsafe.SizeOf<RuleCode<TAddress>>() + 16))
                + (8L * code.Matches.Length) + (code.Index?.EstimateBytes() ?? 0);
        }
        return bytes;
    }

    public override TableInstance Fork() => new TableInstance<TAddress>(this);

    private int Find(string chain) => _slotOfName.TryGetValue(chain, out int slot)
        ? slot
        : throw new ArgumentException($"Table {Name} has no chain '{chain}'.", nameof(chain));

    private int AddSlot()
    {
        _chains.Add();
        return _slots.Add();
    }
}
