using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Takes away from a case what its failure does not need: steps, rules, chains, sets, routes, settings.</summary>
public static class CaseShrinker
{
    /// <summary>The smallest case found that fails still.</summary>
    /// <param name="case">A case that fails.</param>
    /// <param name="fails">Whether a smaller one does; it may play it anew.</param>
    public static KernelCase Shrink(KernelCase @case, Func<KernelCase, bool> fails)
    {
        int size;
        do
        {
            size = Size(@case);
            @case = Part(@case, fails, c => c.Steps, (c, steps) => c with { Steps = steps });
            @case = Part(@case, fails, c => c.Ruleset, (c, lines) => c with { Ruleset = lines }, MayGo);
            @case = Part(@case, fails, c => c.Ipsets, (c, lines) => c with { Ipsets = lines });
            @case = Part(@case, fails, c => c.Host.Routes, (c, routes) => c with { Host = c.Host with { Routes = routes } });
            @case = Part(@case, fails, c => c.Host.Rules, (c, rules) => c with { Host = c.Host with { Rules = rules } });
            @case = Part(@case, fails, c => c.Host.Listeners, (c, listeners) => c with { Host = c.Host with { Listeners = listeners } });
            @case = Part(
                @case, fails, c => c.Host.Sysctls.ToList(), (c, sysctls) => c with { Host = c.Host with { Sysctls = sysctls.ToDictionary() } });
        }
        while (Size(@case) < size);
        return @case;
    }

    private static int Size(KernelCase @case) =>
        @case.Steps.Count + @case.Ruleset.Count + @case.Ipsets.Count + @case.Host.Routes.Count + @case.Host.Rules.Count
        + @case.Host.Listeners.Count + @case.Host.Sysctls.Count;

    // Tables and built-in chains stay: which are loaded can be seen.
    private static bool MayGo(string line) =>
        line.StartsWith('-') || (line.StartsWith(':') && line.Contains(" - ", StringComparison.Ordinal));

    /// <summary>Takes pieces out of one list of the case, large ones first, from its end.</summary>
    private static KernelCase Part<T>(
        KernelCase @case, Func<KernelCase, bool> fails, Func<KernelCase, IReadOnlyList<T>> get,
        Func<KernelCase, IReadOnlyList<T>, KernelCase> with, Func<T, bool>? mayGo = null)
    {
        for (int piece = get(@case).Count; piece > 0; piece /= 2)
        {
            for (int end = get(@case).Count; end > 0; end -= piece)
            {
                IReadOnlyList<T> all = get(@case);
                int start = Math.Max(end - piece, 0);
                T[] left = [.. all.Where((item, index) => index < start || index >= end || !(mayGo?.Invoke(item) ?? true))];
                if (left.Length < all.Count && with(@case, left) is var smaller && fails(smaller))
                {
                    @case = smaller;
                }
            }
        }
        return @case;
    }
}
