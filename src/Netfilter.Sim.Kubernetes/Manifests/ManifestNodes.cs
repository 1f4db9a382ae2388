namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>A mapping; keys keep their order.</summary>
internal sealed class MappingNode(int line, int column) : ManifestNode(line, column)
{
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, ManifestNode>> _entries = [];

    public IReadOnlyList<KeyValuePair<string, ManifestNode>> Entries => _entries;

    public void Add(string key, ManifestNode value)
    {
        _positions.TryAdd(key, _entries.Count);
        _entries.Add(new(key, value));
    }

    public ManifestNode? Find(string key) =>
        _positions.TryGetValue(key, out int position) ? _entries[position].Value : null;

    public override string Describe() => "a mapping";
}

/// <summary>A sequence.</summary>
internal sealed class SequenceNode(int line, int column) : ManifestNode(line, column)
{
    public List<ManifestNode> Items { get; } = [];

    public override string Describe() => "a list";
}

/// <summary>A scalar with the type its text resolves to.</summary>
internal sealed class ScalarNode(int line, int column, string text, ScalarKind kind) : ManifestNode(line, column)
{
    public string Text { get; } = text;

    public ScalarKind Kind { get; } = kind;

    public override string Describe() => Kind == ScalarKind.Null ? "nothing" : "\"" + Text + "\"";
}
