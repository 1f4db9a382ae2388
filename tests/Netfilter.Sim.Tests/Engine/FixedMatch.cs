using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Engine;

/// <summary>A match that always says the same and counts how often it was asked.</summary>
internal sealed record FixedMatch(MatchAnswer Answer) : Match
{
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "fixed",
        Summary = "Always says the same.",
        Source = "the tests",
        Build = _ => new FixedMatch(MatchAnswer.Yes),
    };

    public int Asked { get; private set; }

    public override MatchDeclaration Declaration => Extension;

    public override string? NotModelled => Answer == MatchAnswer.Unknown ? "nobody knows" : null;

    public override MatchResult Evaluate(in MatchContext context)
    {
        Asked++;
        return new MatchResult(Answer, 0, 0);
    }

    public override string Explain(MatchResult result) => $"it is {Answer}";
}
