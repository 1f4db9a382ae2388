namespace Netfilter.Sim.Engine;

/// <summary>
/// Finds a chain that leads back to itself. As in <c>ip_tables.c mark_source_chains</c> only chains that a hook can reach
/// count, and of each chain only the rules before its first verdict without conditions; a goto is a jump here.
/// </summary>
internal static class LoopFinder
{
    /// <summary>Looks for a loop, without recursion however deep the chains are nested.</summary>
    /// <param name="roots">The built-in chains.</param>
    /// <param name="chainCount">Number of chains; chains are numbered from 0.</param>
    /// <param name="callsOf">The chains that a chain leads to.</param>
    /// <returns>A chain on a loop, or −1.</returns>
    public static int Find(ReadOnlySpan<int> roots, int chainCount, Func<int, int[]> callsOf)
    {
        Mark[] marks = new Mark[chainCount];
        Stack<(int Chain, int Next)> path = [];
        foreach (int root in roots)
        {
            Enter(root);
            while (path.TryPop(out (int Chain, int Next) at))
            {
                int[] calls = callsOf(at.Chain);
                if (at.Next == calls.Length)
                {
                    marks[at.Chain] = Mark.Done;
                    continue;
                }
                path.Push((at.Chain, at.Next + 1));
                int called = calls[at.Next];
                if (marks[called] == Mark.OnPath)
                {
                    return called;
                }
                if (marks[called] == Mark.New)
                {
                    Enter(called);
                }
            }
        }
        return -1;

        void Enter(int chain)
        {
            marks[chain] = Mark.OnPath;
            path.Push((chain, 0));
        }
    }

    private enum Mark : byte
    {
        New,
        OnPath,
        Done,
    }
}
