namespace Netfilter.Sim.Engine;

/// <summary>How a packet comes to a chain.</summary>
public enum ChainEntry : byte
{
    /// <summary>From the hook.</summary>
    Hook,

    /// <summary>By a jump: it may come back.</summary>
    Jump,

    /// <summary>By a goto: it comes back to the caller's caller.</summary>
    Goto,
}
