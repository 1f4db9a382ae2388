using System.Globalization;

namespace Netfilter.Sim.Extensions;

/// <summary>Marks as iptables prints them.</summary>
internal static class MarkText
{
    /// <summary><c>0x1</c>, or <c>0x1/0xff</c> when not all bits count.</summary>
    public static string Format(uint mark, uint mask) => mask == uint.MaxValue ? Hex(mark) : $"{Hex(mark)}/{Hex(mask)}";

    public static string Hex(uint value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
