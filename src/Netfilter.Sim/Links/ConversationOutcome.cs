namespace Netfilter.Sim.Links;

/// <summary>How an exchange of a client with a server went.</summary>
public enum ConversationOutcome : byte
{
    /// <summary>The server answered.</summary>
    Connected,

    /// <summary>Nobody listens there: a TCP reset came back; or a UDP socket still had an earlier ICMP error to tell, and sent
    /// nothing.</summary>
    Refused,

    /// <summary>An ICMP error came back.</summary>
    Unreachable,

    /// <summary>Nothing came back.</summary>
    Timeout,

    /// <summary>The connection was there and the other end reset it.</summary>
    Reset,

    /// <summary>The connection was there and the other end closed it.</summary>
    Closed,

    /// <summary>The client's own host refused to send.</summary>
    Error,

    /// <summary>The connection had ended before.</summary>
    NotOpen,
}
