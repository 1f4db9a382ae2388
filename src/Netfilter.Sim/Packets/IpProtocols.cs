namespace Netfilter.Sim.Packets;

/// <summary>Protocol numbers that the stack or a rule treats in a way of their own (<c>IPPROTO_*</c>, <c>NEXTHDR_*</c>).</summary>
internal static class IpProtocols
{
    public const byte HopByHop = 0;
    public const byte Icmp = 1;
    public const byte Igmp = 2;
    public const byte Pim = 103;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Dccp = 33;
    public const byte Routing = 43;
    public const byte Fragment = 44;
    public const byte Gre = 47;
    public const byte Esp = 50;
    public const byte Ah = 51;
    public const byte IcmpV6 = 58;
    public const byte NoNext = 59;
    public const byte DestinationOptions = 60;
    public const byte Sctp = 132;
    public const byte Mobility = 135;
    public const byte UdpLite = 136;
    public const byte Raw = 255;
}
