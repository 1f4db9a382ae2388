namespace Netfilter.Sim.Rules;

/// <summary>How a walk through a chain goes on after a rule's target.</summary>
public enum TargetVerdict : byte
{
    /// <summary>With the next rule (<c>XT_CONTINUE</c>).</summary>
    Continue,

    /// <summary>The table lets the packet pass (<c>NF_ACCEPT</c>).</summary>
    Accept,

    /// <summary>The packet is thrown away (<c>NF_DROP</c>).</summary>
    Drop,

    /// <summary>Back to the calling chain, or the policy (<c>XT_RETURN</c>).</summary>
    Return,

    /// <summary>To a program in user space (<c>NF_QUEUE</c>).</summary>
    Queue,

    /// <summary>The same, but nobody listens and the packet may pass then (<c>NF_VERDICT_FLAG_QUEUE_BYPASS</c>).</summary>
    QueueBypass,

    /// <summary>The target has taken the packet over (<c>NF_STOLEN</c>).</summary>
    Stolen,

    /// <summary>What Linux would do is not modelled.</summary>
    Unknown,
}
