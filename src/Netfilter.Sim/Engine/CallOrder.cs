using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// Puts chains in the order in which packets come to them, depth first from the built-in ones: what is walked together then
/// lies together in memory.
/// </summary>
internal static class CallOrder
{
    /// <summary>Sorts items that stand for user chains of a table; those that no rule leads to come last, in their order.</summary>
    public static void Sort<T>(List<T> items, Func<T, Chain> chainOf, Table table)
    {
        if (items.Count < 3)
        {
            return;
        }
        Dictionary<string, T> left = items.ToDictionary(item => chainOf(item).Name, StringComparer.Ordinal);
        List<T> sorted = new(items.Count);
        Stack<IEnumerator<Rule>> path = new();
        foreach (Chain root in table.Chains.Take(table.Definition.BuiltInChains.Length))
        {
            path.Push(root.Rules.GetEnumerator());
            while (path.TryPeek(out IEnumerator<Rule>? rules))
            {
                if (!rules.MoveNext())
                {
                    path.Pop().Dispose();
                }
                else if (rules.Current.Target is JumpTarget jump && left.Remove(jump.Chain, out T? item))
                {
                    sorted.Add(item);
                    path.Push(chainOf(item).Rules.GetEnumerator());
                }
            }
        }
        sorted.AddRange(items.Where(item => left.ContainsKey(chainOf(item).Name)));
        items.Clear();
        items.AddRange(sorted);
    }
}
