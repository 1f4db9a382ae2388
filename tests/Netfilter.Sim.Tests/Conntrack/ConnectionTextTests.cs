using Netfilter.Sim.Conntrack;

namespace Netfilter.Sim.Tests.Conntrack;

public sealed class ConnectionTextTests
{
    /// <summary>The names of <c>enum ip_conntrack_status</c>, in bit order, as user space has them.</summary>
    [Fact]
    public void NamesOf_EveryBit_IsTheKernelsName()
    {
        string[] names = [.. Enumerable.Range(0, 14).Select(bit => ConnectionText.NamesOf((ConnectionStatus)(1 << bit)))];
        names.ShouldBe(
        [
            "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE", "DST_NAT_DONE", "DYING",
            "FIXED_TIMEOUT", "TEMPLATE", "UNTRACKED", "HELPER",
        ]);
        ConnectionText.NamesOf(ConnectionStatus.Confirmed | ConnectionStatus.SeenReply).ShouldBe("SEEN_REPLY CONFIRMED");
    }
}
