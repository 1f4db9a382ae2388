using System.IO.Compression;

namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>Packs a folder of cases into a zip file that is the same byte for byte whenever the cases are.</summary>
public static class CasePack
{
    private static readonly DateTimeOffset FixedTime = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes all files below a folder, sorted by name, with one fixed time stamp.</summary>
    /// <returns>Number of files.</returns>
    public static int Write(string folder, string zipPath)
    {
        using CaseSource source = CaseSource.Open(folder);
        using FileStream file = File.Create(zipPath);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        foreach (string path in source.Paths)
        {
            ZipArchiveEntry entry = zip.CreateEntry(path, CompressionLevel.SmallestSize);
            entry.LastWriteTime = FixedTime;
            using Stream stream = entry.Open();
            stream.Write(source.Read(path));
        }
        return source.Paths.Count;
    }
}
