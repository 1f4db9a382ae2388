namespace Netfilter.Sim.Text;

/// <summary>How <c>-L</c> shows rules.</summary>
[Flags]
internal enum ListFormat
{
    /// <summary>Names, no counters.</summary>
    None = 0,

    /// <summary><c>-n</c>: numbers for addresses, ports and protocols.</summary>
    Numeric = 1,

    /// <summary><c>-v</c>: counters and interfaces.</summary>
    Verbose = 2,

    /// <summary><c>-x</c>: counters in full.</summary>
    Exact = 4,

    /// <summary><c>--line-numbers</c>.</summary>
    LineNumbers = 8,

    /// <summary>One line for a rule that a command is about, without columns.</summary>
    Echo = 16,
}
