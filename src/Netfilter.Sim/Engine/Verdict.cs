namespace Netfilter.Sim.Engine;

/// <summary>What a hook function says of a packet (<c>include/uapi/linux/netfilter.h NF_*</c>).</summary>
public enum Verdict : byte
{
    /// <summary>Throw the packet away.</summary>
    Drop = 0,

    /// <summary>Go on with the next hook function.</summary>
    Accept = 1,

    /// <summary>The function has taken the packet over.</summary>
    Stolen = 2,

    /// <summary>Hand the packet to user space.</summary>
    Queue = 3,

    /// <summary>
    /// Hand the packet to user space, where nobody listens: it goes on with the next hook function, but the function that said so
    /// did not see it accepted (<c>nf_queue</c> with <c>NF_VERDICT_FLAG_QUEUE_BYPASS</c>).
    /// </summary>
    QueueBypass = 4,

    /// <summary>Not the kernel's: something on the way is not modelled, so the fate is not known.</summary>
    Unknown = 255,
}
