using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Builds document trees from YamlDotNet's parser events.</summary>
/// <remarks>An explicit stack: no recursion on input depth. Anchored nodes are shared, not copied.</remarks>
internal sealed class YamlTreeBuilder(ManifestErrors errors)
{
    private readonly Stack<ManifestNode> _open = new();
    private readonly Stack<string?> _keys = new();
    private readonly Dictionary<string, ManifestNode> _anchors = new(StringComparer.Ordinal);
    private ManifestNode? _root;

    public List<ManifestDocument> Build(string text)
    {
        var documents = new List<ManifestDocument>();
        var parser = new Parser(new StringReader(text));
        int number = 0;
        while (Advance(parser))
        {
            switch (parser.Current)
            {
                case DocumentStart:
                    errors.Document = ++number;
                    _root = null;
                    _anchors.Clear();
                    break;
                case DocumentEnd when _root is not null and not ScalarNode { Kind: ScalarKind.Null }:
                    documents.Add(new ManifestDocument(number, _root));
                    break;
                case NodeEvent or MappingEnd or SequenceEnd or AnchorAlias:
                    Accept(parser.Current);
                    break;
            }
        }
        return documents;
    }

    private bool Advance(Parser parser)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (YamlException problem)
        {
            errors.Add((int)problem.Start.Line, (int)problem.Start.Column, "", problem.Message);
        }
        catch (InvalidOperationException)
        {
            // The scanner gives up this way on some malformed plain scalars, without saying where.
            Mark last = parser.Current?.End ?? Mark.Empty;
            errors.Add((int)last.Line, (int)last.Column, "", "what follows here is not YAML");
        }
        return false;
    }

    private void Accept(ParsingEvent parsed)
    {
        (int line, int column) = ((int)parsed.Start.Line, (int)parsed.Start.Column);
        switch (parsed)
        {
            case MappingStart start:
                Open(start, new MappingNode(line, column));
                break;
            case SequenceStart start:
                Open(start, new SequenceNode(line, column));
                break;
            case MappingEnd or SequenceEnd:
                _open.Pop();
                _keys.Pop();
                break;
            case Scalar scalar:
                AcceptScalar(scalar, line, column);
                break;
            case AnchorAlias alias:
                AcceptAlias(alias, line, column);
                break;
        }
    }

    private void AcceptScalar(Scalar scalar, int line, int column)
    {
        if (_open.Count > 0 && _open.Peek() is MappingNode mapping && _keys.Peek() is null)
        {
            _keys.Pop();
            _keys.Push(scalar.Value);
            if (mapping.Find(scalar.Value) is not null)
            {
                errors.Add(line, column, "", $"the key \"{scalar.Value}\" stands twice in one mapping");
            }
            return;
        }
        bool plain = scalar.Style == ScalarStyle.Plain && (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific);
        ScalarKind kind = plain ? ScalarKinds.Resolve(scalar.Value) : ScalarKind.Text;
        Attach(scalar, new ScalarNode(line, column, scalar.Value, kind));
    }

    private void AcceptAlias(AnchorAlias alias, int line, int column)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out ManifestNode? target) || _open.Contains(target))
        {
            errors.Add(line, column, "", $"the alias *{alias.Value.Value} has no anchor before it");
            target = new ScalarNode(line, column, "", ScalarKind.Null);
        }
        Place(target);
    }

    private void Open(NodeEvent start, ManifestNode node)
    {
        Attach(start, node);
        _open.Push(node);
        _keys.Push(null);
    }

    private void Attach(NodeEvent parsed, ManifestNode node)
    {
        if (!parsed.Anchor.IsEmpty)
        {
            _anchors[parsed.Anchor.Value] = node;
        }
        Place(node);
    }

    private void Place(ManifestNode node)
    {
        if (_open.Count == 0)
        {
            _root = node;
        }
        else if (_open.Peek() is SequenceNode sequence)
        {
            sequence.Items.Add(node);
        }
        else if (_keys.Pop() is { } key)
        {
            _keys.Push(null);
            ((MappingNode)_open.Peek()).Add(key, node);
        }
        else
        {
            // A mapping or list as key: Kubernetes has none, but the tree must stay balanced.
            _keys.Push("");
            errors.Add(node.Line, node.Column, "", "a key must be text");
        }
    }
}
