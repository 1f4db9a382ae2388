using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions.Matches;

namespace Netfilter.Sim.Tests.Extensions.Matches;

public class RecentTableTests
{
    private static readonly NetAddress First = "10.0.0.1";

    [Fact]
    public void Add_HundredAndFirstAddress_PushesOutTheOneSeenLongestAgo()
    {
        RecentTable table = Table();
        for (uint i = 0; i < RecentTable.MaxEntries; i++)
        {
            table.Add(new NetAddress(i), 64, i);
        }
        table.Update(table.Find(new NetAddress(0u), 0)!, 1000);
        table.Add("10.0.0.1", 64, 1001);
        table.Count.ShouldBe(RecentTable.MaxEntries);
        table.Find(new NetAddress(0u), 0).ShouldNotBeNull();
        table.Find(new NetAddress(1u), 0).ShouldBeNull();
    }

    [Fact]
    public void Update_MoreThanTheRingHolds_StartsOverAtOne()
    {
        RecentTable table = Table(hitCount: 3);
        table.Add(First, 64, 10);
        RecentTable.Entry entry = table.Find(First, 0)!;
        for (int tick = 11; tick <= 14; tick++)
        {
            table.Update(entry, tick);
        }
        entry.Index.ShouldBe((ushort)1);
        entry.StampCount.ShouldBe((ushort)4);
        table.Format().ShouldBe("src=10.0.0.1 ttl: 64 last_seen: 14 oldest_pkt: 1 14, 11, 12, 13\n");
    }

    [Fact]
    public void Join_WithAGreaterHitCount_EmptiesTheList()
    {
        RecentTable table = Table();
        table.Add(First, 64, 1);
        table.Join(32);
        table.Count.ShouldBe(1);
        table.Join(33);
        table.Count.ShouldBe(0);
        table.Add(First, 64, 2);
        for (int tick = 3; tick <= 64; tick++)
        {
            table.Update(table.Find(First, 0)!, tick);
        }
        table.Find(First, 0)!.StampCount.ShouldBe((ushort)63);
    }

    [Fact]
    public void Find_ByTtl_TakesTheEntryOfThatTtlAndThoseWithoutOne()
    {
        RecentTable table = Table();
        table.Add(First, 64, 1);
        table.Add(First, 63, 2);
        table.Find(First, 63)!.Ttl.ShouldBe((byte)63);
        table.Find(First, 62).ShouldBeNull();
        table.Find(First, 0)!.Ttl.ShouldBe((byte)64);
        table.Remove(table.Find(First, 64)!);
        table.Find(First, 0)!.Ttl.ShouldBe((byte)63);
    }

    [Theory]
    [InlineData("+10.0.0.2\n", true, 2)]
    [InlineData("+fd00::1", true, 2)]
    [InlineData("-10.0.0.1", true, 0)]
    [InlineData("-10.0.0.9", true, 1)]
    [InlineData("/", true, 0)]
    [InlineData("10.0.0.2", false, 1)]
    [InlineData("+nonsense", false, 1)]
    [InlineData("", false, 1)]
    public void Write_Command_ChangesTheListAsProcDoes(string command, bool taken, int count)
    {
        RecentTable table = Table();
        table.Add(First, 64, 1);
        table.Write(command, 2).ShouldBe(taken);
        table.Count.ShouldBe(count);
    }

    [Fact]
    public void Clone_ChangedOnEitherSide_LeavesTheOtherAlone()
    {
        RecentTable table = Table();
        table.Add(First, 64, 1);
        RecentTable copy = (RecentTable)table.Clone();
        string before = table.Format();
        copy.Format().ShouldBe(before);
        copy.Update(copy.Find(First, 0)!, 9);
        copy.Add("10.0.0.2", 1, 9);
        table.Format().ShouldBe(before);
        table.Flush();
        copy.Count.ShouldBe(2);
    }

    [Fact]
    public void Masked_WithAMaskOfTheOtherFamily_UsesTheBitsThatLieThere()
    {
        RecentTable table = new(((NetAddress)"255.255.255.0").Bits << 96, 0);
        table.Masked("10.1.2.3").ShouldBe((NetAddress)"10.1.2.0");
        table.Masked("fd00:1:2:3::4").ShouldBe((NetAddress)"fd00::");
    }

    private static RecentTable Table(uint hitCount = 0) => new(UInt128.MaxValue, hitCount);
}

