using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>Rules whose answer is known to be unknown before any packet comes (D13).</summary>
internal static class UnmodelledRules
{
    /// <summary>Looks at the chains in which two tables differ, so that an edit costs what it changes.</summary>
    /// <returns>What to say of the first such rule of the new table; null when there is none.</returns>
    public static RulesetLoadException? Find(Table before, Table after)
    {
        IEnumerable<Chain> changed = before.DifferencesTo(after).Select(difference => difference.After).OfType<Chain>();
        foreach (Chain chain in after.BuiltIn.Concat(changed))
        {
            if (before.Find(chain.Name) is { } known && known.SharesRules(chain))
            {
                continue;
            }
            int number = 0;
            foreach (Rule rule in chain.Rules)
            {
                number++;
                if (ReasonOf(rule) is { } reason)
                {
                    return new RulesetLoadException(after.Name, chain.Name, number, reason);
                }
            }
        }
        return null;
    }

    private static string? ReasonOf(Rule rule)
    {
        foreach (Match match in rule.Matches)
        {
            if (match.NotModelled is { } reason)
            {
                return $"-m {match.Declaration.Name} is not modelled: {reason}";
            }
        }
        return rule.Target is ExtensionTarget { NotModelled: { } why } target ? $"-j {target.Name} is not modelled: {why}" : null;
    }
}
