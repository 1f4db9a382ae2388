using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>Reads manifests: YAML or JSON, several documents in a text, and the lists kubectl prints.</summary>
/// <remarks>Absent fields get the API server's defaults, unknown fields are ignored, fields of a wrong type or value
/// are errors with document, line and path. Kinds without a type here become <see cref="OtherObject"/>.</remarks>
public static class ManifestReader
{
    /// <summary>Reads every object of a text.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <returns>The objects in the order of the text; the items of a List in its place.</returns>
    /// <exception cref="ManifestFormatException">Something cannot be read; it lists everything that cannot.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static ValueList<KubeObject> Read(string text) =>
        TryRead(text, out ValueList<KubeObject> objects, out ValueList<ManifestError> errors)
            ? objects
            : throw new ManifestFormatException(errors);

    /// <summary>Reads every object of a text, without throwing for its content.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="objects">The objects that could be read, in the order of the text.</param>
    /// <param name="errors">What could not be read; empty on success.</param>
    /// <returns>Whether there were no errors.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public static bool TryRead(string text, out ValueList<KubeObject> objects, out ValueList<ManifestError> errors)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = new ManifestErrors();
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        List<ManifestDocument> documents = start.StartsWith('{') || start.StartsWith('[')
            ? new JsonTreeBuilder(found).Build(text)
            : new YamlTreeBuilder(found).Build(text);
        var read = new List<KubeObject>();
        if (found.Count == 0)
        {
            foreach (ManifestDocument document in documents)
            {
                found.Document = document.Number;
                ReadDocument(new ManifestField(document.Root, "", document.Root, found), read);
            }
        }
        objects = read.ToValueList();
        errors = found.ToList();
        return errors.Count == 0;
    }

    /// <summary>Reads a text holding exactly one object of a type.</summary>
    /// <typeparam name="T">The type expected.</typeparam>
    /// <param name="text">YAML or JSON.</param>
    /// <exception cref="ManifestFormatException">The text cannot be read, or holds something else.</exception>
    public static T ReadOne<T>(string text)
        where T : KubeObject
    {
        ValueList<KubeObject> objects = Read(text);
        return objects.Count == 1 && objects[0] is T one
            ? one
            : throw new ManifestFormatException(
                [new ManifestError(1, 1, 1, "", $"expected one {typeof(T).Name}, found {Describe(objects)}")]);
    }

    private static string Describe(ValueList<KubeObject> objects) =>
        objects.Count == 0 ? "nothing" : string.Join(", ", objects.AsEnumerable().Select(item => item.Kind));

    // A List may hold Lists; the queue keeps their items in place without recursion.
    private static void ReadDocument(ManifestField document, List<KubeObject> read)
    {
        var waiting = new Stack<ManifestField>();
        waiting.Push(document);
        while (waiting.TryPop(out ManifestField field))
        {
            if (!field["kind"].Text().EndsWith("List", StringComparison.Ordinal) || !field["items"].IsPresent)
            {
                ReadObject(field, read);
                continue;
            }
            ValueList<ManifestField> items = field["items"].List(static item => item);
            for (int i = items.Count - 1; i >= 0; i--)
            {
                waiting.Push(items[i]);
            }
        }
    }

    private static void ReadObject(ManifestField field, List<KubeObject> read)
    {
        if (field.Node is not MappingNode)
        {
            field.Expected("a mapping");
            return;
        }
        string apiVersion = field["apiVersion"].RequiredText();
        string kind = field["kind"].RequiredText();
        if (apiVersion.Length == 0 || kind.Length == 0)
        {
            return;
        }
        string group = apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion.Split('/')[0] : "";
        read.Add((group, kind) switch
        {
            ("", "Service") => ServiceMapping.Read(field),
            ("discovery.k8s.io", "EndpointSlice") => EndpointMapping.ReadSlice(field),
            ("", "Endpoints") => EndpointMapping.ReadEndpoints(field),
            ("", "Pod") => PodMapping.ReadPod(field),
            ("apps", "Deployment") => PodMapping.ReadDeployment(field),
            ("", "Node") => NodeMapping.Read(field),
            ("kind.x-k8s.io", "Cluster") => KindClusterMapping.Read(field),
            ("kubeproxy.config.k8s.io", "KubeProxyConfiguration") => KubeProxyConfigurationMapping.Read(field),
            _ => new OtherObject(apiVersion, kind) { Metadata = MetadataMapping.Read(field["metadata"], "default") },
        });
    }
}
