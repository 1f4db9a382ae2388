using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>Tells which rules of an edited chain were there before: counters follow the rule, not its number.</summary>
internal static class RuleSequenceComparison
{
    /// <summary>For each rule its number before, or −1. Rules are the same when they are the same object; order is kept.</summary>
    public static int[] OriginOfEach(RuleSequence before, RuleSequence after)
    {
        Rule[] old = [.. before];
        Rule[] now = [.. after];
        int[] origin = AllNew(now.Length);
        int prefix = 0;
        while (prefix < old.Length && prefix < now.Length && ReferenceEquals(old[prefix], now[prefix]))
        {
            origin[prefix] = prefix++;
        }
        int suffix = 0;
        while (suffix < old.Length - prefix && suffix < now.Length - prefix && ReferenceEquals(old[^(suffix + 1)], now[^(suffix + 1)]))
        {
            suffix++;
            origin[^suffix] = old.Length - suffix;
        }
        MatchMiddle(old.AsSpan(prefix, old.Length - prefix - suffix), now.AsSpan(prefix, now.Length - prefix - suffix), origin, prefix);
        return origin;
    }

    /// <summary>That no rule was there before.</summary>
    public static int[] AllNew(int count)
    {
        int[] origin = new int[count];
        Array.Fill(origin, -1);
        return origin;
    }

    private static void MatchMiddle(ReadOnlySpan<Rule> old, ReadOnlySpan<Rule> now, int[] origin, int offset)
    {
        Dictionary<Rule, Queue<int>> places = new(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < old.Length; i++)
        {
            if (!places.TryGetValue(old[i], out Queue<int>? queue))
            {
                places.Add(old[i], queue = new Queue<int>());
            }
            queue.Enqueue(i);
        }
        for (int i = 0; i < now.Length && places.Count > 0; i++)
        {
            if (places.TryGetValue(now[i], out Queue<int>? queue) && queue.TryDequeue(out int place))
            {
                origin[offset + i] = offset + place;
            }
        }
    }
}
