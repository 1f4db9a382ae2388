using System.Text;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads <c>metadata</c>.</summary>
internal static class MetadataMapping
{
    private static readonly string[] Mapped = ["name", "namespace", "labels", "annotations", "deletionTimestamp"];

    public static ObjectMeta ReadNamed(ManifestField field, string absentNamespace)
    {
        field["name"].RequiredText();
        return Read(field, absentNamespace);
    }

    public static ObjectMeta Read(ManifestField field, string absentNamespace)
    {
        string name = field["name"].Text();
        return new ObjectMeta
        {
            Name = name,
            Namespace = field["namespace"].TextOrNull() is { Length: > 0 } given ? given : absentNamespace,
            Labels = field["labels"].Map(),
            Annotations = field["annotations"].Map(),
            DeletionTimestamp = DeletionTimestamp(field["deletionTimestamp"]),
            Unmapped = Unmapped(field.Node as MappingNode, Mapped),
        };
    }

    // YAML libraries may resolve a bare timestamp to a time; here it stays the text it was.
    private static string? DeletionTimestamp(ManifestField field) => field.TextOrNull();

    /// <summary>The fields of a mapping that are not read, as a text that differs when they do; null when there are
    /// none.</summary>
    public static string? Unmapped(MappingNode? mapping, params ReadOnlySpan<string> mapped)
    {
        if (mapping is null)
        {
            return null;
        }
        var text = new StringBuilder();
        foreach (var entry in mapping.Entries.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            if (!mapped.Contains(entry.Key))
            {
                text.Append(entry.Key).Append('=');
                Print(entry.Value, text);
                text.Append(';');
            }
        }
        return text.Length == 0 ? null : text.ToString();
    }

    private static void Print(ManifestNode root, StringBuilder text)
    {
        var waiting = new Stack<object>();
        waiting.Push(root);
        while (waiting.TryPop(out object? next) && text.Length < 1 << 20)
        {
            switch (next)
            {
                case string punctuation:
                    text.Append(punctuation);
                    break;
                case ScalarNode scalar:
                    text.Append('"').Append(scalar.Text).Append('"');
                    break;
                case SequenceNode sequence:
                    waiting.Push("]");
                    sequence.Items.AsEnumerable().Reverse().ToList().ForEach(waiting.Push);
                    text.Append('[');
                    break;
                case MappingNode mapping:
                    waiting.Push("}");
                    foreach (var entry in mapping.Entries.OrderByDescending(e => e.Key, StringComparer.Ordinal))
                    {
                        waiting.Push(entry.Value);
                        waiting.Push(entry.Key + ":");
                    }
                    text.Append('{');
                    break;
            }
        }
    }
}
