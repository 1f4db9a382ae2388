namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>Finds the repository's own copy of the cases.</summary>
public static class CaseFolder
{
    /// <summary>The folder <c>tests/cases</c> of the repository that the program was built in, or of the current folder's.</summary>
    /// <exception cref="DirectoryNotFoundException">Neither lies in a repository.</exception>
    public static string Find() => Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory)
        ?? throw new DirectoryNotFoundException("no tests/cases above the program or the current folder");

    private static string? Above(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            string cases = Path.Combine(folder.FullName, "tests", "cases");
            if (File.Exists(Path.Combine(folder.FullName, "Netfilter.Sim.sln")) && Directory.Exists(cases))
            {
                return cases;
            }
        }
        return null;
    }
}
