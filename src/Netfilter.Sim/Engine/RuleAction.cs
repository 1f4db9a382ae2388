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
}
