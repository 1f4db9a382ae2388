namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>The list of families that must hold, one a line; lines that begin with <c>#</c> are for reading.</summary>
public sealed class MustHold
{
    private readonly HashSet<string> _entries;

    /// <summary>Reads the list.</summary>
    public MustHold(IEnumerable<string> lines) =>
        _entries = [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>The entries.</summary>
    public IReadOnlyCollection<string> Entries => _entries;

    /// <summary>Whether the list has families of a kind.</summary>
    public bool HasKind(string kind) => _entries.Any(entry => entry.StartsWith(kind + "/", StringComparison.Ordinal));

    /// <summary>Whether a case is one that must hold.</summary>
    public bool Contains(ConformanceCase @case) => _entries.Contains(@case.Family)
        || _entries.Contains(@case.Detail)
        || _entries.Contains($"{@case.Family}/{@case.Name}");
}
