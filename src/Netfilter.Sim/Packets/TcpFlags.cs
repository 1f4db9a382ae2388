namespace Netfilter.Sim.Packets;

/// <summary>The flags of a TCP header, with the values that they have there.</summary>
[Flags]
public enum TcpFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The sender has nothing more to say.</summary>
    Fin = 1,

    /// <summary>Opens a connection.</summary>
    Syn = 2,

    /// <summary>Breaks a connection off.</summary>
    Rst = 4,

    /// <summary>Data should be handed on at once.</summary>
    Psh = 8,

    /// <summary>The acknowledgement number counts.</summary>
    Ack = 0x10,

    /// <summary>The urgent pointer counts.</summary>
    Urg = 0x20,

    /// <summary>Echo of a congestion mark.</summary>
    Ece = 0x40,

    /// <summary>The congestion window was reduced.</summary>
    Cwr = 0x80,

    /// <summary>Accurate ECN, formerly the nonce sum.</summary>
    Ae = 0x100,
}
