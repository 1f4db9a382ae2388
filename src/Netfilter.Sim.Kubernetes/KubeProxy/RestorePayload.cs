using System.Text;

namespace Netfilter.Sim.Kubernetes.KubeProxy;

/// <summary>What a sync hands to <c>iptables-restore --noflush --counters</c>: a frozen view, rendered when asked
/// for.</summary>
/// <remarks>pkg/proxy/iptables/proxier.go syncProxyRules. Where kube-proxy goes through a map in no order, the order
/// here is that of the texts.</remarks>
public sealed class RestorePayload
{
    private readonly ProxierContext _context;
    private readonly ServicePortTable.Chunk[] _chunks;
    private readonly ServicePortEntry[]? _written;
    private readonly string[] _staleChains;
    private readonly bool _withComments;
    private string? _text;

    // "written" are the service ports whose own chains are written, in order; null means all.
    internal RestorePayload(
        ProxierContext context, ServicePortTable.Chunk[] chunks, ServicePortEntry[]? written, string[] staleChains,
        bool withComments)
    {
        _context = context;
        _chunks = chunks;
        _written = written;
        _staleChains = staleChains;
        _withComments = withComments;
    }

    /// <summary>Whether it writes the chains of every Service.</summary>
    public bool IsFull => _written is null;

    /// <summary>The nat chains it removes, in text order.</summary>
    public IReadOnlyList<string> RemovedChains => _staleChains;

    /// <summary>The text, byte for byte; every line ends in a line feed.</summary>
    public string Text => _text ??= Build().ToString();

    /// <summary>The lines of the text, without their line ends.</summary>
    public IReadOnlyList<string> Lines => Text.TrimEnd('\n').Split('\n');

    /// <summary>The rules of the text, in its order, each with its origin; lines that delete chains are not
    /// rules.</summary>
    public IReadOnlyList<ProxyRule> Rules()
    {
        var sink = new CollectingRuleSink();
        FixedRules.WriteFilterHead(_context, sink);
        foreach (ServicePortEntry entry in Entries())
        {
            ServicePortRules.WriteSharedFilter(entry, _context, sink);
        }
        FixedRules.WriteFilterTail(_context, sink);
        FixedRules.WriteNatHead(_context, sink);
        int next = 0;
        foreach (ServicePortEntry entry in Entries())
        {
            ServicePortRules.WriteSharedNat(entry, _context, sink);
            if (IsWritten(entry, ref next))
            {
                ServicePortRules.WriteOwn(entry, _context, sink, _withComments);
            }
        }
        FixedRules.WriteNatTail(_context, sink);
        return sink.Rules;
    }

    /// <summary>Writes the text without making one string of it.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <exception cref="ArgumentNullException"><paramref name="writer"/> is null.</exception>
    public void WriteTo(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        foreach (ReadOnlyMemory<char> part in Build().GetChunks())
        {
            writer.Write(part.Span);
        }
    }

    /// <summary>The text.</summary>
    public override string ToString() => Text;

    private IEnumerable<ServicePortEntry> Entries() => _chunks.SelectMany(chunk => chunk.Entries);

    private IEnumerable<ServicePortEntry> Written() => _written ?? Entries();

    private bool IsWritten(ServicePortEntry entry, ref int next)
    {
        if (_written is null)
        {
            return true;
        }
        if (next < _written.Length && ReferenceEquals(_written[next], entry))
        {
            next++;
            return true;
        }
        return false;
    }

    private bool HoldsWritten(ServicePortTable.Chunk chunk, int next) => _written is null ||
        (next < _written.Length && ServicePortTable.Compare(_written[next], chunk.Entries[^1]) <= 0);

    // A buffer that has to grow would copy a large text several times.
    private int EstimateLength()
    {
        const int RuleLength = 136;
        int length = 4096;
        foreach (ServicePortTable.Chunk chunk in _chunks)
        {
            length += (chunk.Counts.Nat + chunk.Counts.Filter) * RuleLength;
        }
        return length + (Written().Sum(entry => entry.OwnRuleCount) * (RuleLength + 20));
    }

    private StringBuilder Build()
    {
        var text = new StringBuilder(EstimateLength());
        var sink = new TextRuleSink(text);
        RenderFilter(text, sink);
        RenderNat(text, sink);
        return text;
    }

    private void RenderFilter(StringBuilder text, TextRuleSink sink)
    {
        text.Append("*filter\n");
        foreach (string chain in FixedRules.FilterChains(_context))
        {
            Declare(text, chain);
        }
        FixedRules.WriteFilterHead(_context, sink);
        foreach (ServicePortTable.Chunk chunk in _chunks)
        {
            text.Append(chunk.Counts.Filter == 0 ? "" : chunk.FilterText(_context));
        }
        FixedRules.WriteFilterTail(_context, sink);
        text.Append("COMMIT\n");
    }

    private void RenderNat(StringBuilder text, TextRuleSink sink)
    {
        text.Append("*nat\n");
        foreach (string chain in FixedRules.NatChains)
        {
            Declare(text, chain);
        }
        foreach (ServicePortEntry entry in Written())
        {
            foreach (string chain in entry.OwnChains())
            {
                Declare(text, chain);
            }
        }
        foreach (string chain in _staleChains)
        {
            Declare(text, chain);
        }
        FixedRules.WriteNatHead(_context, sink);
        int next = 0;
        foreach (ServicePortTable.Chunk chunk in _chunks)
        {
            if (!HoldsWritten(chunk, next))
            {
                text.Append(chunk.NatText(_context));
                continue;
            }
            foreach (ServicePortEntry entry in chunk.Entries)
            {
                ServicePortRules.WriteSharedNat(entry, _context, sink);
                if (IsWritten(entry, ref next))
                {
                    ServicePortRules.WriteOwn(entry, _context, sink, _withComments);
                }
            }
        }
        foreach (string chain in _staleChains)
        {
            text.Append("-X ").Append(chain).Append('\n');
        }
        FixedRules.WriteNatTail(_context, sink);
        text.Append("COMMIT\n");
    }

    private static void Declare(StringBuilder text, string chain) =>
        text.Append(':').Append(chain).Append(" - [0:0]\n");
}
