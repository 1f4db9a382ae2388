namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>A file of a source.</summary>
/// <param name="Source">Where it lies.</param>
/// <param name="Path">Its path below the source, with slashes.</param>
public sealed record CaseFile(CaseSource Source, string Path)
{
    /// <summary>The name of the folder it lies in; the source's own name for a file directly in it.</summary>
    public string Folder
    {
        get
        {
            string[] parts = Path.Split('/');
            return parts.Length > 1 ? parts[^2] : Source.Name;
        }
    }

    /// <summary>The file's name without folder and extension.</summary>
    public string Stem => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The file's name up to its first dash or dot.</summary>
    public string Group
    {
        get
        {
            string name = System.IO.Path.GetFileName(Path);
            int end = name.AsSpan().IndexOfAny('-', '.');
            return end <= 0 ? name : name[..end];
        }
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Read() => Source.Read(Path);

    /// <summary>The bytes of another file, by its path from this file's folder; null when there is none.</summary>
    public byte[]? TryReadSibling(string relative)
    {
        int slash = Path.LastIndexOf('/');
        return Source.TryRead(slash < 0 ? relative : Path[..(slash + 1)] + relative);
    }
}
