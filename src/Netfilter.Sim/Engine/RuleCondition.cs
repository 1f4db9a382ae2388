namespace Netfilter.Sim.Engine;

/// <summary>Which part of a rule decided that it does not match.</summary>
public enum RuleCondition : byte
{
    /// <summary>None: the rule matched.</summary>
    None,

    /// <summary><c>-s</c>.</summary>
    Source,

    /// <summary><c>-d</c>.</summary>
    Destination,

    /// <summary><c>-i</c>.</summary>
    InInterface,

    /// <summary><c>-o</c>.</summary>
    OutInterface,

    /// <summary><c>-p</c>.</summary>
    Protocol,

    /// <summary><c>-p</c> of an IPv6 packet whose chain of headers is broken: the packet is dropped.</summary>
    BrokenHeaders,

    /// <summary><c>-f</c>.</summary>
    Fragment,

    /// <summary>A match of the rule.</summary>
    Match,
}
