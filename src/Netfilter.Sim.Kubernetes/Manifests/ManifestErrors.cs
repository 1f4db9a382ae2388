using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Collects errors while a text is read; one place is reported once.</summary>
internal sealed class ManifestErrors
{
    private readonly List<ManifestError> _errors = [];
    private readonly HashSet<(int Line, int Column, string Path)> _places = [];

    public int Document { get; set; } = 1;

    public int Count => _errors.Count;

    public void Add(int line, int column, string path, string message)
    {
        if (_places.Add((line, column, path)))
        {
            _errors.Add(new ManifestError(Document, line, column, path, message));
        }
    }

    public ValueList<ManifestError> ToList() => _errors.ToValueList();
}
