using System.Globalization;

namespace Netfilter.Sim.Extensions;

/// <summary>Numbers from <paramref name="Low"/> to <paramref name="High"/>, both included: security parameter indices, fragment ids and the like.</summary>
/// <param name="Low">The first.</param>
/// <param name="High">The last; below the first when a rule was written so, which nothing fits.</param>
public readonly record struct SpiRange(uint Low, uint High)
{
    /// <summary>All numbers.</summary>
    public static SpiRange All => new(0, uint.MaxValue);

    /// <summary>Whether it is all numbers.</summary>
    public bool IsAll => Low == 0 && High == uint.MaxValue;

    /// <summary>Whether a number lies within.</summary>
    public bool Contains(uint value) => value >= Low && value <= High;

    /// <summary><c>5</c> or <c>5:9</c>.</summary>
    public override string ToString() => Low == High
        ? Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Low}:{High}");

    internal static SpiRange From(OptionRange range) => new((uint)range.Low, (uint)range.High);

    /// <summary><c> [!] --name a[:b]</c>; all numbers print nothing, even when inverted.</summary>
    internal void Save(OptionWriter writer, string option, bool isInverted)
    {
        if (!IsAll)
        {
            writer.Option(option, ToString(), isInverted);
        }
    }

    /// <summary><c>name:5</c> or <c>names:5:9</c> without a blank before it; <c>!</c> after the first colon.</summary>
    internal void List(OptionWriter writer, string name, bool isInverted)
    {
        if (!IsAll || isInverted)
        {
            writer.Raw(name).Raw(Low == High ? ":" : "s:").Raw(isInverted ? "!" : "").Raw(ToString());
        }
    }
}
