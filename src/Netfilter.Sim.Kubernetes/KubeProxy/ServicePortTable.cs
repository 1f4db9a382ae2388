namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>The service ports in the order of their rules, in small chunks that know how many rules they stand
/// for.</summary>
/// <remarks>A change costs a chunk's copy, and the place of a rule in a shared chain is a sum over chunks; a snapshot
/// shares them.</remarks>
internal sealed class ServicePortTable
{
    private const int MaxChunk = 128;

    private readonly List<Chunk> _chunks = [];

    public int Count { get; private set; }

    /// <summary>The chunks as they are now; they never change.</summary>
    public Chunk[] Snapshot() => [.. _chunks];

    public IEnumerable<ServicePortEntry> Entries() => _chunks.SelectMany(chunk => chunk.Entries);

    /// <summary>The rules in shared chains before a service port, present or not.</summary>
    public SharedRuleCounts CountsBefore(ServicePortEntry entry)
    {
        (int chunk, int index, _) = Find(entry);
        SharedRuleCounts sum = default;
        for (int i = 0; i < chunk; i++)
        {
            sum += _chunks[i].Counts;
        }
        for (int i = 0; i < index; i++)
        {
            sum += _chunks[chunk].Entries[i].Shared;
        }
        return sum;
    }

    public void Set(ServicePortEntry entry)
    {
        (int chunk, int index, bool exists) = Find(entry);
        if (_chunks.Count == 0)
        {
            _chunks.Add(new Chunk([entry]));
            Count++;
            return;
        }
        ServicePortEntry[] old = _chunks[chunk].Entries;
        if (exists)
        {
            ServicePortEntry[] same = [.. old];
            same[index] = entry;
            _chunks[chunk] = new Chunk(same, _chunks[chunk].Counts - old[index].Shared + entry.Shared);
            return;
        }
        Count++;
        ServicePortEntry[] longer = [.. old.AsSpan(0, index), entry, .. old.AsSpan(index)];
        if (longer.Length <= MaxChunk)
        {
            _chunks[chunk] = new Chunk(longer, _chunks[chunk].Counts + entry.Shared);
            return;
        }
        // A split at the end leaves full chunks behind when names arrive in order.
        int cut = index == old.Length ? old.Length : longer.Length / 2;
        _chunks[chunk] = new Chunk(longer[..cut]);
        _chunks.Insert(chunk + 1, new Chunk(longer[cut..]));
    }

    public void Remove(ServicePortEntry entry)
    {
        (int chunk, int index, bool exists) = Find(entry);
        if (!exists)
        {
            return;
        }
        Count--;
        ServicePortEntry[] old = _chunks[chunk].Entries;
        if (old.Length == 1)
        {
            _chunks.RemoveAt(chunk);
            return;
        }
        SharedRuleCounts counts = _chunks[chunk].Counts - old[index].Shared;
        _chunks[chunk] = new Chunk([.. old.AsSpan(0, index), .. old.AsSpan(index + 1)], counts);
    }

    public static int Compare(ServicePortEntry a, ServicePortEntry b)
    {
        int byName = string.CompareOrdinal(a.NameText, b.NameText);
        return byName != 0 ? byName : string.CompareOrdinal(a.ProtocolText, b.ProtocolText);
    }

    private (int Chunk, int Index, bool Exists) Find(ServicePortEntry entry)
    {
        int low = 0;
        int high = _chunks.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = Compare(_chunks[middle].Entries[0], entry) <= 0 ? (middle, high) : (low, middle - 1);
        }
        if (_chunks.Count == 0)
        {
            return (0, 0, false);
        }
        int index = Array.BinarySearch(_chunks[low].Entries, entry, EntryOrder.Instance);
        return (low, index < 0 ? ~index : index, index >= 0);
    }

    internal sealed class Chunk
    {
        private string? _filterText;
        private string? _natText;

        public Chunk(ServicePortEntry[] entries)
        {
            Entries = entries;
            foreach (ServicePortEntry entry in entries)
            {
                Counts += entry.Shared;
            }
        }

        public Chunk(ServicePortEntry[] entries, SharedRuleCounts counts)
        {
            Entries = entries;
            Counts = counts;
        }

        public ServicePortEntry[] Entries { get; }

        public SharedRuleCounts Counts { get; }

        /// <summary>The rules in shared filter chains; kept, as every payload repeats them.</summary>
        public string FilterText(ProxierContext context) =>
            _filterText ??= Render(context, ServicePortRules.WriteSharedFilter);

        /// <summary>The rules in shared nat chains; kept, as every payload repeats them.</summary>
        public string NatText(ProxierContext context) => _natText ??= Render(context, ServicePortRules.WriteSharedNat);

        private string Render(ProxierContext context, Action<ServicePortEntry, ProxierContext, RuleSink> write)
        {
            var sink = new TextRuleSink(new System.Text.StringBuilder());
            foreach (ServicePortEntry entry in Entries)
            {
                write(entry, context, sink);
            }
            return sink.Text.ToString();
        }
    }

    private sealed class EntryOrder : IComparer<ServicePortEntry>
    {
        public static readonly EntryOrder Instance = new();

        public int Compare(ServicePortEntry? x, ServicePortEntry? y) => ServicePortTable.Compare(x!, y!);
    }
}
