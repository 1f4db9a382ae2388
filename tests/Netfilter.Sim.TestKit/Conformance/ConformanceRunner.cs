using System.Diagnostics;

namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>Plays cases on several threads; the report does not depend on how many.</summary>
public sealed class ConformanceRunner
{
    private const int StackBytes = 1 << 20;
    private readonly List<(ICaseKind Kind, CaseFile File)> _files = [];

    /// <summary>Number of threads; at least 1.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>How long a case may take before it counts as failed and is left alone.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Which cases to play; all unless told.</summary>
    public Func<ConformanceCase, bool> Wanted { get; init; } = _ => true;

    /// <summary>Adds the files of a source that hold cases of a kind.</summary>
    public void Add(ICaseKind kind, CaseSource source) =>
        _files.AddRange(source.Paths.Where(kind.Holds).Select(path => (kind, new CaseFile(source, path))));

    /// <summary>Plays all cases added so far.</summary>
    public ConformanceReport Run()
    {
        var results = new List<CaseResult>[_files.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Jobs) };
        Parallel.For(0, _files.Count, options, i => results[i] = PlayFile(_files[i].Kind, _files[i].File));
        return new ConformanceReport([.. results.SelectMany(list => list)]);
    }

    private List<CaseResult> PlayFile(ICaseKind kind, CaseFile file)
    {
        List<CaseResult> results = [];
        try
        {
            foreach (ConformanceCase @case in kind.Read(file).Where(Wanted))
            {
                results.Add(new CaseResult(@case.Family, @case.Detail, @case.Name, PlayInTime(@case)));
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            string family = $"{kind.Name}/{file.Folder}";
            results.Add(new CaseResult(family, family, file.Stem, Crash("unreadable case file", exception)));
        }
        return results;
    }

    /// <summary>Plays on a thread of its own, because nothing else gets rid of a case that never ends.</summary>
    private CaseFailure? PlayInTime(ConformanceCase @case)
    {
        CaseFailure? failure = null;
        var thread = new Thread(() => failure = Play(@case), StackBytes) { IsBackground = true };
        thread.Start();
        return thread.Join(TimeLimit) ? failure : new CaseFailure($"no answer within {TimeLimit.TotalSeconds} s");
    }

    private static CaseFailure? Play(ConformanceCase @case)
    {
        try
        {
            return @case.Play();
        }
        catch (NotModelledException exception)
        {
            return new CaseFailure($"not modelled: {exception.Message}");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Crash("crash", exception);
        }
    }

    private static CaseFailure Crash(string what, Exception exception)
    {
        string where = OwnFrame(exception);
        string type = exception.GetType().Name;
        return new CaseFailure($"{what}: {type} {where}", $"{what}: {type}: {exception.Message} {where}");
    }

    private static string OwnFrame(Exception exception)
    {
        foreach (StackFrame frame in new StackTrace(exception, fNeedFileInfo: true).GetFrames())
        {
            Type? type = frame.GetMethod()?.DeclaringType;
            if (type?.Namespace?.StartsWith("Netfilter.Sim", StringComparison.Ordinal) == true)
            {
                return $"at {type.Name}.{frame.GetMethod()!.Name} ({Path.GetFileName(frame.GetFileName())}:{frame.GetFileLineNumber()})";
            }
        }
        return "";
    }
}
