using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Tests.Determinism;

public class SeededChanceTests
{
    // Vigna's published outputs of splitmix64.c for the seed 1234567.
    [Fact]
    public void SplitMix64_PublishedSeed_GivesThePublishedNumbers()
    {
        SplitMix64 mix = new(1234567);
        new[] { mix.Next(), mix.Next(), mix.Next(), mix.Next() }.ShouldBe(
            [6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL, 4593380528125082431UL]);
    }

    // Outputs of the reference xoshiro256starstar.c for the state 1, 2, 3, 4.
    [Fact]
    public void Xoshiro256_PublishedState_GivesThePublishedNumbers()
    {
        Xoshiro256 generator = new(1, 2, 3, 4);
        new[] { generator.Next(), generator.Next(), generator.Next(), generator.Next() }.ShouldBe(
            [11520UL, 0UL, 1509978240UL, 1215971899390074240UL]);
    }

    [Fact]
    public void Answers_KnownSeed_AreTheSameForEver()
    {
        SeededChance chance = new(42);
        string decisions = string.Concat(Enumerable.Range(0, 32).Select(_ => chance.Decide(ChancePurpose.Statistic, 1u << 30) ? '1' : '0'));
        string choices = string.Join(' ', Enumerable.Range(0, 8).Select(_ => chance.Choose(ChancePurpose.NatPort, 64512)));
        (decisions + " " + choices).ShouldBe("11011001100011110000010001000001 39797 30116 18462 50317 26032 56721 9188 48230");
    }

    [Fact]
    public void Decide_ExtremeThresholds_AreCertain()
    {
        SeededChance chance = new(1);
        for (int i = 0; i < 1000; i++)
        {
            chance.Decide(ChancePurpose.Statistic, 0).ShouldBeFalse();
            chance.Decide(ChancePurpose.Statistic, 1u << 31).ShouldBeTrue();
        }
    }

    [Fact]
    public void Decide_OneThird_ComesOutAsOften()
    {
        SeededChance chance = new(7);
        const int Count = 90_000;
        int yes = Enumerable.Range(0, Count).Count(_ => chance.Decide(ChancePurpose.Statistic, 715827883));
        double deviation = Math.Sqrt(Count * (1 / 3.0) * (2 / 3.0));
        ((double)yes).ShouldBeInRange(30_000 - (4 * deviation), 30_000 + (4 * deviation));
    }

    [Fact]
    public void Choose_ManyTimes_ReachesEveryValueAlike()
    {
        SeededChance chance = new(3);
        int[] counts = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            counts[chance.Choose(ChancePurpose.NatPort, 10)]++;
        }
        double deviation = Math.Sqrt(100_000 * 0.1 * 0.9);
        counts.ShouldAllBe(count => Math.Abs(count - 10_000) < 5 * deviation);
        chance.Choose(ChancePurpose.NatPort, 1).ShouldBe(0u);
    }

    [Fact]
    public void Purposes_DrawsOfOne_ShiftNoOther()
    {
        SeededChance disturbed = new(5), plain = new(5);
        for (int i = 0; i < 100; i++)
        {
            disturbed.Choose(ChancePurpose.NatPort, 1000);
            disturbed.Decide(ChancePurpose.Statistic, 1u << 30).ShouldBe(plain.Decide(ChancePurpose.Statistic, 1u << 30));
        }
    }

    [Fact]
    public void Fork_GoesOnAsTheOriginWould_AndLeavesItAlone()
    {
        SeededChance origin = new(9), same = new(9);
        origin.Choose(ChancePurpose.NatPort, 1000);
        same.Choose(ChancePurpose.NatPort, 1000);
        INetfilterChance fork = origin.Fork();
        uint[] expected = [.. Enumerable.Range(0, 20).Select(_ => same.Choose(ChancePurpose.NatPort, 1000))];
        Enumerable.Range(0, 20).Select(_ => fork.Choose(ChancePurpose.NatPort, 1000)).ShouldBe(expected);
        Enumerable.Range(0, 20).Select(_ => origin.Choose(ChancePurpose.NatPort, 1000)).ShouldBe(expected);
    }
}
