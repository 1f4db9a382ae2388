namespace Netfilter.Sim.Engine;

/// <summary>How a packet came to exist in this host.</summary>
public enum LifeCause : byte
{
    /// <summary>It came in by an interface.</summary>
    Received,

    /// <summary>A local program sent it.</summary>
    Sent,

    /// <summary>The host answered by itself: an echo reply, an ICMP error, a reset.</summary>
    Answered,

    /// <summary>A rule made it: REJECT, SYNPROXY.</summary>
    MadeByRule,

    /// <summary>TEE copied it.</summary>
    Copied,

    /// <summary>It was put together of fragments.</summary>
    Reassembled,

    /// <summary>It is a piece of a packet that was too large for its way.</summary>
    Fragmented,

    /// <summary>It came back over the loopback interface.</summary>
    LoopedBack,

    /// <summary>A bridge sends it to one of several ports.</summary>
    Flooded,

    /// <summary>It had waited for the address of its next hop.</summary>
    Released,
}
