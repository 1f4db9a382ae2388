namespace Netfilter.Sim.Conntrack;

/// <summary>The beginning of a connection that was expected (<c>exp-&gt;expectfn</c>).</summary>
internal static class ExpectedConnection
{
    /// <summary>Does what the expectation asks for.</summary>
    public static void Begin(int id, Expectation expectation, in TrackContext context)
    {
        switch (expectation.Function)
        {
            default:
                _ = (id, context);
                return;
        }
    }
}
