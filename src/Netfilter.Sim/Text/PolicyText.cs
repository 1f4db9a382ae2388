using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Policies by name.</summary>
internal static class PolicyText
{
    public static string Of(ChainPolicy policy) => policy == ChainPolicy.Accept ? "ACCEPT" : "DROP";

    public static ChainPolicy? Parse(ReadOnlySpan<char> text) =>
        text.SequenceEqual("ACCEPT") ? ChainPolicy.Accept : text.SequenceEqual("DROP") ? ChainPolicy.Drop : null;
}
