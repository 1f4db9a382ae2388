using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack.Helpers;

namespace Netfilter.Sim.Conntrack;

/// <summary>A connection that another announced (<c>struct nf_conntrack_expect</c>). Immutable.</summary>
internal sealed record Expectation
{
    /// <summary>The tuple that the first packet will have, as far as the masks go.</summary>
    public required ConnectionTuple Tuple { get; init; }

    /// <summary>Which bits of the source address count; all 0 for any source.</summary>
    public required NetAddress SourceMask { get; init; }

    /// <summary>Which bits of the source port count; 0 for any port.</summary>
    public ushort SourcePortMask { get; init; }

    /// <summary>Number of the connection that announced it.</summary>
    public required int Master { get; init; }

    /// <summary>Class of the helper's policy that it belongs to.</summary>
    public int Class { get; init; }

    /// <summary>Whether it stays after a connection has come.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>Whether it waits for something before it lets connections in.</summary>
    public bool IsInactive { get; init; }

    /// <summary>The helper that the expected connection gets; null for none.</summary>
    public ConnectionHelper? Helper { get; init; }

    /// <summary>What is done when the connection comes.</summary>
    public ExpectationFunction Function { get; init; }

    /// <summary>Jiffy at which it ends.</summary>
    public uint Deadline { get; init; }

    /// <summary>For NAT: the address that was announced.</summary>
    public NetAddress SavedAddress { get; init; }

    /// <summary>For NAT: the port that was announced.</summary>
    public ushort SavedPort { get; init; }

    /// <summary>For NAT: the direction of the packet that announced it.</summary>
    public ConnectionDirection Direction { get; init; }

    /// <summary>Whether a tuple is expected (<c>nf_ct_tuple_mask_cmp</c>).</summary>
    public bool Accepts(in ConnectionTuple tuple) => Meets(tuple, SourceMask.Bits, SourcePortMask);

    /// <summary>Whether some tuple would be expected by both (<c>expect_clash</c>).</summary>
    public bool ClashesWith(Expectation other) =>
        Meets(other.Tuple, SourceMask.Bits & other.SourceMask.Bits, (ushort)(SourcePortMask & other.SourcePortMask));

    /// <summary>Whether it expects just what another does (<c>expect_matches</c>).</summary>
    public bool IsSameAs(Expectation other) => Tuple == other.Tuple && SourceMask == other.SourceMask
        && SourcePortMask == other.SourcePortMask;

    private bool Meets(in ConnectionTuple tuple, UInt128 sourceMask, int portMask) =>
        Tuple.Protocol == tuple.Protocol && Tuple.Destination == tuple.Destination
        && Tuple.DestinationPort == tuple.DestinationPort && Tuple.Family == tuple.Family
        && ((Tuple.Source.Bits ^ tuple.Source.Bits) & sourceMask) == 0
        && ((Tuple.SourcePort ^ tuple.SourcePort) & portMask) == 0;
}

/// <summary>What is done with an expected connection when it begins (<c>exp-&gt;expectfn</c>).</summary>
internal enum ExpectationFunction : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is translated as its master is (<c>nf_nat_follow_master</c>).</summary>
    FollowMaster,

    /// <summary>It is translated as the SIP message says (<c>nf_nat_sip_expected</c>).</summary>
    Sip,

    /// <summary>A call of pptp, translated as its keys are (<c>pptp_expectfn</c>, <c>pptp_nat_expected</c>).</summary>
    Pptp,
}
