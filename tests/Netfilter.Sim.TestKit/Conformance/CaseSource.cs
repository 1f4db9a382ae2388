using System.IO.Compression;

namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>A folder or a zip file with recorded cases. Safe for use by several threads.</summary>
public abstract class CaseSource : IDisposable
{
    /// <summary>The last part of its path, without <c>.zip</c>.</summary>
    public required string Name { get; init; }

    /// <summary>All files below it, with slashes, sorted in byte order.</summary>
    public abstract IReadOnlyList<string> Paths { get; }

    /// <summary>Opens a folder, or a zip file in place.</summary>
    /// <exception cref="IOException">There is neither.</exception>
    /// <exception cref="InvalidDataException">The file is not a zip file.</exception>
    public static CaseSource Open(string path)
    {
        string full = Path.GetFullPath(path);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(full));
        if (Directory.Exists(full))
        {
            return new FolderSource(full) { Name = name };
        }
        return File.Exists(full)
            ? new ZipSource(ZipFile.OpenRead(full)) { Name = Path.GetFileNameWithoutExtension(name) }
            : throw new FileNotFoundException($"no folder or zip file: {path}");
    }

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public byte[] Read(string path) => TryRead(path) ?? throw new FileNotFoundException(path);

    /// <summary>The bytes of a file, or null. A folder follows <c>..</c> out of itself; a zip file does not.</summary>
    public abstract byte[]? TryRead(string path);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    private sealed class FolderSource : CaseSource
    {
        private readonly string _root;

        public FolderSource(string root)
        {
            _root = root;
            Paths = [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)];
        }

        public override IReadOnlyList<string> Paths { get; }

        public override byte[]? TryRead(string path)
        {
            string full = Path.Combine(_root, path);
            return File.Exists(full) ? File.ReadAllBytes(full) : null;
        }
    }

    private sealed class ZipSource : CaseSource
    {
        private readonly ZipArchive _zip;
        private readonly Lock _reading = new();

        public ZipSource(ZipArchive zip)
        {
            _zip = zip;
            Paths = [.. zip.Entries.Where(entry => !entry.FullName.EndsWith('/'))
                .Select(entry => entry.FullName)
                .Order(StringComparer.Ordinal)];
        }

        public override IReadOnlyList<string> Paths { get; }

        public override byte[]? TryRead(string path)
        {
            lock (_reading)
            {
                ZipArchiveEntry? entry = _zip.GetEntry(path);
                if (entry is null)
                {
                    return null;
                }
                byte[] bytes = new byte[entry.Length];
                using Stream stream = entry.Open();
                stream.ReadExactly(bytes);
                return bytes;
            }
        }

        public override void Dispose()
        {
            _zip.Dispose();
            base.Dispose();
        }
    }
}
