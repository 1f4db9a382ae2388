using System.Globalization;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.Tests.Conformance.Kernel;

public sealed class DistributionComparerTests
{
    private static readonly int[] Drawn = [2100, 1900, 2950, 1100, 2400, 1500];

    [Theory]
    [InlineData(1234, true)]
    [InlineData(3300, true)]
    [InlineData(9000, false)]
    public void CompareDraws_OneValueThatEachRunDrawsAnew_HasToLieWhereTheOthersDo(int recorded, bool isSame)
    {
        KernelStepExpect expected = Ports((recorded, 2500));
        DistributionComparer.MayBeOneDraw(expected, Ports((Drawn[0], 2500))).ShouldBeTrue();
        KernelDifference? difference = DistributionComparer.CompareDraws(expected, [.. Drawn.Select(port => Ports((port, 2500)))]);
        (difference is null).ShouldBe(isSame);
    }

    [Fact]
    public void CompareDraws_OneValueThatAllRunsShare_HasToBeTheRecordedOne()
    {
        KernelStepExpect[] runs = [Ports((80, 2500)), Ports((80, 2500)), Ports((80, 2500))];
        DistributionComparer.CompareDraws(Ports((81, 2500)), runs)!.Cause.ShouldBe("sport 80: frequency");
    }

    [Fact]
    public void CompareDraws_OneValueTooSeldom_IsADifference() =>
        DistributionComparer.CompareDraws(Ports((2000, 300)), [.. Drawn.Select(port => Ports((port, 2500)))]).ShouldNotBeNull();

    [Fact]
    public void MayBeOneDraw_OfSeveralValues_SaysNo() =>
        DistributionComparer.MayBeOneDraw(Ports((80, 1), (81, 1)), Ports((82, 2))).ShouldBeFalse();

    private static KernelStepExpect Ports(params (int Port, int Count)[] counts) => new()
    {
        Sport = new KernelSpread(counts.Length)
        {
            Counts = counts.ToDictionary(item => item.Port.ToString(CultureInfo.InvariantCulture), item => item.Count),
        },
    };
}
