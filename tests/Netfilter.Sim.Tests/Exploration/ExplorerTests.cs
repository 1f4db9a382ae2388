using Netfilter.Sim.Determinism;
using Netfilter.Sim.Exploration;

namespace Netfilter.Sim.Tests.Exploration;

public class ExplorerTests
{
    // How kube-proxy splits three endpoints: 1/3, then 1/2 of the rest, then the rest, in units of 2^-31.
    [Fact]
    public void Explore_ThreeEndpoints_GivesTheExactSplit()
    {
        Distribution<string> all = Explorer.Explore(
            chance => chance.Decide(ChancePurpose.Statistic, 715827883) ? "a" : chance.Decide(ChancePurpose.Statistic, 1u << 30) ? "b" : "c",
            ExploreOptions.Default);
        all.ToString().ShouldBe("""
            0.333333  715827883/2147483648  a
            0.333333  1431655765/4294967296  b
            0.333333  1431655765/4294967296  c
            """);
        all.Probability(_ => true).ShouldBe(Probability.One);
    }

    [Fact]
    public void Explore_BranchesOfDifferentDepth_AddUpToOne()
    {
        Distribution<int> all = Explorer.Explore(Depth, ExploreOptions.Default);
        all.Count.ShouldBe(11);
        all.Probability(_ => true).ShouldBe(Probability.One);
        all.Probability(depth => depth >= 10).ToString().ShouldBe("1/1024");

        static int Depth(INetfilterChance chance)
        {
            int depth = 0;
            while (depth < 10 && chance.Decide(ChancePurpose.Statistic, 1u << 30))
            {
                depth++;
            }
            return depth;
        }
    }

    [Fact]
    public void Explore_ChoiceAmongMany_StaysOneOutcomeUnlessSplit()
    {
        static uint Run(INetfilterChance chance) => chance.Choose(ChancePurpose.NatPort, 6) % 2;
        Distribution<uint> one = Explorer.Explore(Run, ExploreOptions.Default);
        one.ShouldHaveSingleItem().OpenChoices.ShouldBe([new OpenChoice(ChancePurpose.NatPort, 6, 0)]);
        one[0].Probability.ShouldBe(Probability.One);
        Distribution<uint> split = Explorer.Explore(Run, new ExploreOptions { SplitChoicesUpTo = 6 });
        split.Count.ShouldBe(6);
        split.GroupBy(value => value).ToString().ShouldBe("0.500000  1/2  0\n0.500000  1/2  1");
    }

    [Fact]
    public void GroupBy_Outcomes_PutsTheLikeliestFirst()
    {
        Distribution<bool> all = Explorer.Explore(chance => chance.Decide(ChancePurpose.Statistic, 1u << 29), ExploreOptions.Default);
        all.Select(outcome => outcome.Value).ShouldBe([true, false]);
        all.GroupBy(value => value).Select(outcome => outcome.Value).ShouldBe([false, true]);
        all.ByProbability()[0].Probability.ToString().ShouldBe("3/4");
    }

    [Fact]
    public void Explore_TooManyOutcomes_Stops() => Should.Throw<ExplorationTooLargeException>(() => Explorer.Explore(
        chance => Enumerable.Range(0, 20).Count(_ => chance.Decide(ChancePurpose.Statistic, 1u << 30)),
        new ExploreOptions { MaxOutcomes = 100 })).Message.ShouldBe("There are more than 100 outcomes.");
}
