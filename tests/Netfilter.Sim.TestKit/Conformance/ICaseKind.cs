namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>One kind of recorded cases (<c>kernel</c>, <c>syntax</c>, ...): finds them in files and plays them.</summary>
public interface ICaseKind
{
    /// <summary>The kind's name: the program's option without dashes, and the first part of every family.</summary>
    string Name { get; }

    /// <summary>Whether a file holds cases; others (pages, indexes, second halves of a case) are passed over.</summary>
    /// <param name="path">The file's path below its source, with slashes.</param>
    bool Holds(string path);

    /// <summary>The cases of a file, in order. Nothing is played before <see cref="ConformanceCase.Play"/> is called.</summary>
    IEnumerable<ConformanceCase> Read(CaseFile file);
}
