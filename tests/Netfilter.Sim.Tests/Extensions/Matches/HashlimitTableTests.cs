using System.Runtime.CompilerServices;
using Netfilter.Sim.Extensions.Matches;

namespace Netfilter.Sim.Tests.Extensions.Matches;

public class HashlimitTableTests
{
    private static readonly HashlimitTable.Key One = new(1, 0, 0, 0);
    private static readonly HashlimitTable.Key Two = new(2, 0, 0, 0);

    private static readonly HashlimitSettings PerSecond = new() { Average = 1_000_000, Burst = 2, ExpireMilliseconds = 1000 };

    [Fact]
    public void Take_AfterASecond_HasTheCostOfOnePacketMore()
    {
        HashlimitTable table = new(PerSecond);
        ref HashlimitTable.Bucket bucket = ref table.Take(One, 0);
        bucket.Credit.ShouldBe(2 * bucket.Cost);
        bucket.Credit = 0;
        table.Take(One, 249).Credit.ShouldBeLessThan(bucket.Cost);
        table.Take(One, 250).Credit.ShouldBeGreaterThanOrEqualTo(bucket.Cost);
        table.Take(One, 10).Cap.ShouldBe(2 * bucket.Cost);
    }

    [Fact]
    public void Take_Expired_StartsFullOnlyAfterTheCollectorCameBy()
    {
        HashlimitTable table = new(PerSecond with { ExpireMilliseconds = 400, CollectMilliseconds = 1000, Average = 100_000_000 });
        table.Take(One, 0).Credit = 7;
        table.Take(One, 200).Credit.ShouldBeLessThan(HashlimitTable.ToCredits(100_000_000));
        table.Take(One, 240).Credit.ShouldBeLessThan(HashlimitTable.ToCredits(100_000_000));
        table.Take(Two, 600);
        table.Take(One, 601).Credit.ShouldBe(HashlimitTable.ToCredits(200_000_000));
    }

    [Fact]
    public void Take_FullTable_GivesNoBucketToANewKey()
    {
        HashlimitTable table = new(PerSecond with { TableSize = 1, TableMax = 1 });
        table.Take(One, 0);
        Unsafe.IsNullRef(ref table.Take(Two, 0)).ShouldBeTrue();
        Unsafe.IsNullRef(ref table.Take(One, 0)).ShouldBeFalse();
    }

    [Fact]
    public void ByteCost_WithoutCredit_SpendsARefill()
    {
        HashlimitTable table = new(new HashlimitSettings { Average = uint.MaxValue / 65, CountsBytes = true, Burst = 1 });
        ref HashlimitTable.Bucket bucket = ref table.Take(One, 0);
        bucket.Credit = 0;
        HashlimitTable.ByteCost(ref bucket, 100).ShouldBeGreaterThan(0ul);
        bucket.Credit.ShouldBe(HashlimitTable.ByteCap);
        bucket.Refills.ShouldBe(0ul);
        bucket.Credit = 0;
        HashlimitTable.ByteCost(ref bucket, 100);
        bucket.Credit.ShouldBe(0ul);
    }

    [Fact]
    public void Clone_Changed_LeavesTheOtherAlone()
    {
        HashlimitTable table = new(PerSecond);
        ulong full = table.Take(One, 0).Credit;
        HashlimitTable copy = (HashlimitTable)table.Clone();
        copy.Take(One, 0).Credit = 0;
        table.Take(One, 0).Credit.ShouldBe(full);
    }
}
