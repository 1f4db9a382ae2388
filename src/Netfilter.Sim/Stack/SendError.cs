namespace Netfilter.Sim.Stack;

/// <summary>Why a local program could not send a packet (<c>errno</c> of <c>sendto</c>).</summary>
public enum SendError : byte
{
    /// <summary>It could.</summary>
    None,

    /// <summary><c>EPERM</c>: dropped in OUTPUT or POSTROUTING.</summary>
    Permission,

    /// <summary><c>EINVAL</c>: no IP packet, or a way that does not take it.</summary>
    InvalidArgument,

    /// <summary><c>ENETUNREACH</c>: no route.</summary>
    NetUnreachable,

    /// <summary><c>EHOSTUNREACH</c>: an unreachable route.</summary>
    HostUnreachable,

    /// <summary><c>EACCES</c>: a prohibit route.</summary>
    AccessDenied,

    /// <summary><c>EMSGSIZE</c>: larger than the interface's MTU.</summary>
    MessageTooLong,
}
