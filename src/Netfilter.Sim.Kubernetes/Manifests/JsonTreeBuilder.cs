using System.Text;
using System.Text.Json;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Builds document trees from JSON; values may follow one another, as kubectl accepts.</summary>
internal sealed class JsonTreeBuilder(ManifestErrors errors)
{
    private readonly Stack<ManifestNode> _open = new();
    private string? _key;
    private int _line = 1;
    private int _lineStart;
    private int _scanned;

    public List<ManifestDocument> Build(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var documents = new List<ManifestDocument>();
        var options = new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 1000 };
        var reader = new Utf8JsonReader(bytes, options);
        errors.Document = 1;
        try
        {
            while (reader.Read())
            {
                if (Accept(ref reader, bytes) is { } root)
                {
                    documents.Add(new ManifestDocument(errors.Document++, root));
                }
            }
        }
        catch (JsonException problem)
        {
            (int line, int column) = ((int)(problem.LineNumber ?? 0) + 1, (int)(problem.BytePositionInLine ?? 0) + 1);
            errors.Add(line, column, "", "not JSON: " + problem.Message.Split(" LineNumber:", 2)[0]);
        }
        return documents;
    }

    private ManifestNode? Accept(ref Utf8JsonReader reader, byte[] bytes)
    {
        int start = (int)reader.TokenStartIndex;
        for (; _scanned < start; _scanned++)
        {
            if (bytes[_scanned] == '\n')
            {
                _line++;
                _lineStart = _scanned + 1;
            }
        }
        int column = start - _lineStart + 1;
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                _key = reader.GetString();
                return null;
            case JsonTokenType.StartObject:
                return Open(new MappingNode(_line, column));
            case JsonTokenType.StartArray:
                return Open(new SequenceNode(_line, column));
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                ManifestNode closed = _open.Pop();
                return _open.Count == 0 ? closed : null;
            default:
                ScalarNode scalar = Scalar(ref reader, column);
                Place(scalar);
                return _open.Count == 0 ? scalar : null;
        }
    }

    private ScalarNode Scalar(ref Utf8JsonReader reader, int column)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new ScalarNode(_line, column, reader.GetString()!, ScalarKind.Text);
        }
        string text = Encoding.UTF8.GetString(reader.ValueSpan);
        return new ScalarNode(_line, column, text, ScalarKinds.Resolve(text));
    }

    private ManifestNode? Open(ManifestNode node)
    {
        Place(node);
        _open.Push(node);
        return null;
    }

    private void Place(ManifestNode node)
    {
        if (_open.Count == 0)
        {
            return;
        }
        if (_open.Peek() is SequenceNode sequence)
        {
            sequence.Items.Add(node);
            return;
        }
        var mapping = (MappingNode)_open.Peek();
        if (mapping.Find(_key!) is not null)
        {
            errors.Add(node.Line, node.Column, "", $"the key \"{_key}\" stands twice in one mapping");
        }
        mapping.Add(_key!, node);
    }
}
