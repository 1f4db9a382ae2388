using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// Where a chain leads, as <c>mark_source_chains</c> sees it: a rule is reached until the first verdict without conditions;
/// a goto counts as a jump.
/// </summary>
internal readonly struct ChainCalls
{
    public ChainCalls(Chain chain)
    {
        Chain = chain;
        List<string>? calls = null;
        foreach (Rule rule in chain.Rules)
        {
            Reached++;
            if (rule.Target is JumpTarget jump)
            {
                (calls ??= []).Add(jump.Chain);
            }
            else if (rule.Target is VerdictTarget && IsUnconditional(rule))
            {
                break;
            }
        }
        Calls = calls?.ToArray() ?? [];
    }

    public Chain Chain { get; }

    /// <summary>How many rules from the front can be reached.</summary>
    public int Reached { get; }

    /// <summary>The chains that those rules lead to, in their order.</summary>
    public string[] Calls { get; }

    private static bool IsUnconditional(Rule rule) => rule.Matches.IsEmpty
        && rule.Ip is { Flags: IpSpecFlags.None, Protocol: 0, InInterface: null, OutInterface: null }
        && rule.Ip.Source.Mask.Bits == 0 && rule.Ip.Destination.Mask.Bits == 0;
}
