using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Conntrack;

public class ConnectionTableTests
{
    private const uint Now = 1000;
    private const uint Alive = 2000;

    /// <summary>
    /// Connections come and go among few addresses, more of them than the first buckets hold; what is found by a tuple is
    /// what a list of all of them says.
    /// </summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void Find_RandomConnections_AgreesWithAListOfThem(IpFamily family)
    {
        Random random = new(11);
        ConnectionTable table = new();
        Dictionary<ConnectionTuple, int> known = [];
        List<(int Id, ConnectionTuple Original, ConnectionTuple Reply)> alive = [];
        for (int i = 0; i < 12_000; i++)
        {
            ConnectionTuple original = Random(random, family);
            ConnectionTuple reply = Random(random, family) with { Protocol = original.Protocol };
            bool isFree = original != reply && !known.ContainsKey(original) && !known.ContainsKey(reply);
            int id = table.Allocate(original, reply, default);
            table.Write(id).Timeout = Alive;
            (table.FindTwin(id, ConnectionDirection.Original, Now) >= 0).ShouldBe(known.ContainsKey(original));
            table.FindTwin(id, ConnectionDirection.Reply, Now).ShouldBe(table.Find(reply, default, Now));
            table.IsReplyTaken(id, Now).ShouldBe(table.IsTaken(reply, id, Now));
            if (!isFree)
            {
                table.Free(id);
            }
            else
            {
                table.Insert(id);
                (known[original], known[reply]) = (id << 1, (id << 1) | 1);
                alive.Add((id, original, reply));
            }
            if (alive.Count > 0 && random.Next(4) == 0)
            {
                int at = random.Next(alive.Count);
                table.Remove(alive[at].Id);
                table.Free(alive[at].Id);
                known.Remove(alive[at].Original);
                known.Remove(alive[at].Reply);
                alive[at] = alive[^1];
                alive.RemoveAt(alive.Count - 1);
            }
            ConnectionTuple probe = Random(random, family);
            table.Find(probe, default, Now).ShouldBe(known.GetValueOrDefault(probe, -1));
        }
        table.Allocated.ShouldBe(alive.Count);
        alive.Count.ShouldBeGreaterThan(2048);
        foreach ((ConnectionTuple tuple, int reference) in known)
        {
            table.Find(tuple, default, Now).ShouldBe(reference);
            table.Find(tuple, default, Alive).ShouldBe(-1);
        }
    }

    private static ConnectionTuple Random(Random random, IpFamily family) => new(
        Address(random, family),
        Address(random, family),
        (ushort)random.Next(40),
        80,
        random.Next(3) == 0 ? IpProtocols.Udp : IpProtocols.Tcp);

    private static NetAddress Address(Random random, IpFamily family) => new(family, (UInt128)random.Next(1, 16));
}
