namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>One recorded case.</summary>
/// <param name="Family">What it is counted under, for example <c>kernel/match</c>.</param>
/// <param name="Name">Its name, unique in the family.</param>
/// <param name="Play">
/// Plays it: null when all is as recorded, otherwise the first difference. May throw: <see cref="NotModelledException"/>
/// says that something is not built yet, anything else is a crash, which fails this case alone.
/// </param>
public sealed record ConformanceCase(string Family, string Name, Func<CaseFailure?> Play)
{
    /// <summary>The finer family for <c>--detail</c>; the family itself when there is none.</summary>
    public string Detail { get; init; } = Family;
}
