using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// What identifies one direction of a connection (<c>struct nf_conntrack_tuple</c>). For ICMP the source port is the
/// identifier and the destination port type and code; for GRE the ports are call ids; protocols without ports have 0.
/// </summary>
/// <param name="Source">Source address.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="SourcePort">Source port, ICMP identifier or GRE key.</param>
/// <param name="DestinationPort">Destination port, GRE key, or ICMP type (upper byte) and code (lower byte).</param>
/// <param name="Protocol">Protocol number.</param>
public readonly record struct ConnectionTuple(
    NetAddress Source, NetAddress Destination, ushort SourcePort, ushort DestinationPort, byte Protocol)
{
    /// <summary>The ICMP type; meaningless for other protocols.</summary>
    public byte IcmpType => (byte)(DestinationPort >> 8);

    /// <summary>The ICMP code; meaningless for other protocols.</summary>
    public byte IcmpCode => (byte)DestinationPort;

    /// <summary>The family of its addresses.</summary>
    public IpFamily Family => Source.Family;

    internal bool IsIcmp => Protocol == IpProtocols.Icmp || Protocol == IpProtocols.IcmpV6;

    /// <summary>
    /// The tuple that an answer has (<c>nf_conntrack_core.c nf_ct_invert_tuple</c>).
    /// </summary>
    /// <returns>False for an ICMP type that has no answer.</returns>
    internal bool TryInvert(out ConnectionTuple inverse)
    {
        if (IsIcmp)
        {
            int answer = Protocol == IpProtocols.Icmp ? IcmpTracker.AnswerOf(IcmpType) : IcmpV6Tracker.AnswerOf(IcmpType);
            inverse = new(Destination, Source, SourcePort, (ushort)((answer << 8) | IcmpCode), Protocol);
            return answer >= 0;
        }
        inverse = new(Destination, Source, DestinationPort, SourcePort, Protocol);
        return true;
    }

    /// <summary>The tuple that an answer has; the answer to an ICMP type that has none keeps a type of 0.</summary>
    internal ConnectionTuple Invert() => TryInvert(out ConnectionTuple inverse) ? inverse : inverse with { DestinationPort = 0 };
}
