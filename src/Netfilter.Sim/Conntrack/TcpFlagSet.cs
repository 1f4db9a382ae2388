namespace Netfilter.Sim.Conntrack;

/// <summary>What a segment's flags amount to; RST before SYN before FIN before ACK (<c>enum tcp_bit_set</c>).</summary>
internal enum TcpFlagSet : byte
{
    Syn = 0,
    SynAck = 1,
    Fin = 2,
    Ack = 3,
    Rst = 4,
    None = 5,
}
