namespace Netfilter.Sim.Extensions;

/// <summary>With which error the kernel refuses a rule or table (<c>errno.h</c>).</summary>
public enum KernelErrno
{
    /// <summary>It does not.</summary>
    None = 0,

    /// <summary>Something it names is not there.</summary>
    NoEntry = 2,

    /// <summary>A number is too big for what it is given to.</summary>
    TooBig = 7,

    /// <summary>Not enough memory.</summary>
    NoMemory = 12,

    /// <summary>Something is there already or in use.</summary>
    Busy = 16,

    /// <summary>It is there already.</summary>
    Exists = 17,

    /// <summary>An option, hook, table or protocol that does not go.</summary>
    Invalid = 22,

    /// <summary>A number is out of range.</summary>
    Range = 34,

    /// <summary>Chains call each other in a circle.</summary>
    Loop = 40,

    /// <summary>Not supported.</summary>
    NotSupported = 95,

    /// <summary>The family is not supported.</summary>
    FamilyNotSupported = 97,
}
