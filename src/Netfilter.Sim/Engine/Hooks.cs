namespace Netfilter.Sim.Engine;

/// <summary>A set of hooks (the kernel's <c>hook_mask</c>).</summary>
[Flags]
public enum Hooks : byte
{
    /// <summary>No hook.</summary>
    None = 0,

    /// <summary>PREROUTING.</summary>
    PreRouting = 1,

    /// <summary>INPUT.</summary>
    LocalIn = 2,

    /// <summary>FORWARD.</summary>
    Forward = 4,

    /// <summary>OUTPUT.</summary>
    LocalOut = 8,

    /// <summary>POSTROUTING.</summary>
    PostRouting = 16,

    /// <summary>All five.</summary>
    All = 31,
}
