namespace Netfilter.Sim.Sets;

/// <summary>Why the kernel refuses something about a set (<c>enum ipset_errno</c> and the types' own).</summary>
internal enum SetError : byte
{
    /// <summary>It does not refuse.</summary>
    None,

    /// <summary>The element is there already.</summary>
    Exists,

    /// <summary>The element is not there.</summary>
    NotThere,

    /// <summary>The hash has its most elements.</summary>
    HashFull,

    /// <summary>The element lies outside a bitmap's range.</summary>
    OutOfRange,

    /// <summary>The null address in a hash.</summary>
    NullElement,

    /// <summary>A prefix length of 0.</summary>
    InvalidCidr,

    /// <summary>A timeout in a set without.</summary>
    NoTimeouts,

    /// <summary>Counters in a set without.</summary>
    NoCounters,

    /// <summary>A comment in a set without.</summary>
    NoComments,

    /// <summary>A mark, priority or queue in a set without.</summary>
    NoSkbInfo,

    /// <summary>A list of sets as member of a list.</summary>
    ListInList,

    /// <summary>A member that is no set.</summary>
    NoSuchMember,

    /// <summary>A reference element that is not in the list.</summary>
    NoSuchReference,
}
