namespace Netfilter.Sim.Engine;

/// <summary>What a compiled rule does when it matched.</summary>
internal enum RuleAction : byte
{
    /// <summary>It only counts.</summary>
    Continue,

    Accept,
    Drop,
    Queue,
    Return,
    Jump,
    Goto,

    /// <summary>A target of an extension acts.</summary>
    Extension,

    /// <summary>DNAT to one IPv4 address and at most one port, which lie in the rule itself.</summary>
    Translate,
}
