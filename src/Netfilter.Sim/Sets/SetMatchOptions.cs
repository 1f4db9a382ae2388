namespace Netfilter.Sim.Sets;

/// <summary>
/// What a rule says about a set besides its name (<c>struct ip_set_adt_opt</c>, <c>struct ip_set_counter_match0</c>).
/// </summary>
/// <param name="Dimensions">Number of directions given, 1 to 6.</param>
/// <param name="Sources">Bit i is set when direction i (0-based) is <c>src</c>.</param>
internal readonly record struct SetMatchOptions(int Dimensions, uint Sources)
{
    /// <summary><c>--return-nomatch</c>.</summary>
    public bool ReturnNoMatch { get; init; }

    /// <summary><c>! --update-counters</c>.</summary>
    public bool SkipCounters { get; init; }

    /// <summary><c>! --update-subcounters</c>.</summary>
    public bool SkipSubCounters { get; init; }

    /// <summary>Condition on the element's packet counter.</summary>
    public SetCounterCondition Packets { get; init; }

    /// <summary>Condition on the element's byte counter.</summary>
    public SetCounterCondition Bytes { get; init; }

    /// <summary>Whether direction <paramref name="index"/> (0-based) is <c>src</c>.</summary>
    public bool IsSource(int index) => (Sources >> index & 1) != 0;
}

/// <summary>A condition on a counter of an element (<c>ip_set_match_counter</c>).</summary>
/// <param name="Operator">How to compare.</param>
/// <param name="Value">With what.</param>
internal readonly record struct SetCounterCondition(SetCounterOperator Operator, ulong Value)
{
    /// <summary>Whether a counter fulfils the condition.</summary>
    public bool Holds(ulong counter) => Operator switch
    {
        SetCounterOperator.Equal => counter == Value,
        SetCounterOperator.NotEqual => counter != Value,
        SetCounterOperator.Less => counter < Value,
        SetCounterOperator.Greater => counter > Value,
        _ => true,
    };
}

/// <summary>How <c>--packets-eq</c> and its like compare (<c>IPSET_COUNTER_*</c>).</summary>
internal enum SetCounterOperator : byte
{
    /// <summary>No condition.</summary>
    None = 0,

    /// <summary>Equal.</summary>
    Equal = 1,

    /// <summary>Not equal.</summary>
    NotEqual = 2,

    /// <summary>Less than.</summary>
    Less = 3,

    /// <summary>Greater than.</summary>
    Greater = 4,
}
