using System.Globalization;
using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>A field of a document under its path; reading it as a type reports what does not fit.</summary>
/// <remarks>An absent field and a null one are the same, as in the Kubernetes API.</remarks>
internal readonly struct ManifestField(ManifestNode? node, string path, ManifestNode parent, ManifestErrors errors)
{
    public ManifestNode? Node => node is ScalarNode { Kind: ScalarKind.Null } ? null : node;

    public bool IsPresent => Node is not null;

    public string Path => path;

    public ManifestField this[string name]
    {
        get
        {
            if (Node is not null and not MappingNode)
            {
                Expected("a mapping");
            }
            string childPath = path.Length == 0 ? name : path + "." + name;
            return new ManifestField((node as MappingNode)?.Find(name), childPath, node ?? parent, errors);
        }
    }

    public void Report(string message) => errors.Add((node ?? parent).Line, (node ?? parent).Column, path, message);

    public string? TextOrNull()
    {
        switch (Node)
        {
            case null:
                return null;
            case ScalarNode { Kind: ScalarKind.Text } scalar:
                return scalar.Text;
            default:
                Expected("text");
                return null;
        }
    }

    public string Text() => TextOrNull() ?? "";

    public string RequiredText()
    {
        string? text = TextOrNull();
        if (text is "")
        {
            Report("is required");
        }
        Require();
        return text ?? "";
    }

    /// <summary>Reports a field that is absent; where the parent is no mapping, that has been reported
    /// already.</summary>
    public void Require()
    {
        if (Node is null && (parent is MappingNode or ScalarNode { Kind: ScalarKind.Null }))
        {
            Report("is required");
        }
    }

    public int Int(int min, int max, int absent) => IntOrNull(min, max) ?? absent;

    public int? IntOrNull(int min, int max)
    {
        if (Node is null)
        {
            return null;
        }
        if (Node is ScalarNode { Kind: ScalarKind.Integer } scalar &&
            long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) &&
            value >= min && value <= max)
        {
            return (int)value;
        }
        Expected(string.Create(CultureInfo.InvariantCulture, $"an integer from {min} to {max}"));
        return null;
    }

    public int Port(int absent = 0) => Int(1, 65535, absent);

    public bool Bool(bool absent) => BoolOrNull() ?? absent;

    public bool? BoolOrNull()
    {
        switch (Node)
        {
            case null:
                return null;
            case ScalarNode { Kind: ScalarKind.Boolean } scalar:
                return ScalarKinds.IsTrue(scalar.Text);
            default:
                Expected("true or false");
                return null;
        }
    }

    public T Choice<T>(T absent, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        if (TextOrNull() is not { Length: > 0 } text)
        {
            return absent;
        }
        var words = new List<string>();
        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
            words.Add(word);
        }
        Expected("one of " + string.Join(", ", words));
        return absent;
    }

    public ValueList<T> List<T>(Func<ManifestField, T> read)
    {
        switch (Node)
        {
            case null:
                return default;
            case SequenceNode sequence:
                var items = new List<T>(sequence.Items.Count);
                for (int i = 0; i < sequence.Items.Count; i++)
                {
                    string itemPath = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
                    items.Add(read(new ManifestField(sequence.Items[i], itemPath, sequence, errors)));
                }
                return items.ToValueList();
            default:
                Expected("a list");
                return default;
        }
    }

    public ValueList<string> TextList() => List(static item => item.Text());

    public ValueMap Map()
    {
        switch (Node)
        {
            case null:
                return default;
            case MappingNode mapping:
                var pairs = new List<KeyValuePair<string, string>>(mapping.Entries.Count);
                foreach (KeyValuePair<string, ManifestNode> entry in mapping.Entries)
                {
                    pairs.Add(new(entry.Key, this[entry.Key].Text()));
                }
                return ValueMap.Of(pairs);
            default:
                Expected("a mapping");
                return default;
        }
    }

    public IntOrString PortOrName()
    {
        if (Node is ScalarNode { Kind: ScalarKind.Text } scalar)
        {
            return new IntOrString(0, scalar.Text);
        }
        return new IntOrString(Int(0, 65535, 0));
    }

    /// <summary>Reports a text that is neither empty nor an address; the text is kept as written.</summary>
    public string Address()
    {
        string text = Text();
        if (text.Length > 0 && !KubeAddress.TryParse(text, out _))
        {
            Expected("an IP address");
        }
        return text;
    }

    public void Expected(string what) => Report($"expected {what}, found {Node?.Describe() ?? "nothing"}");
}
