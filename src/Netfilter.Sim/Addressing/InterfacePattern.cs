namespace Netfilter.Sim.Addressing;

/// <summary>
/// What <c>-i</c> and <c>-o</c> compare an interface name with: a whole name, or a prefix when written with a final
/// <c>+</c> (<c>net/ipv4/netfilter/ip_tables.c ifname_compare_aligned</c>).
/// </summary>
public sealed record InterfacePattern
{
    /// <summary>Longest name in bytes, without the final zero (<c>IFNAMSIZ</c> − 1).</summary>
    public const int MaxLength = 15;

    /// <summary>Makes a pattern of the text as a rule spells it.</summary>
    /// <param name="text">A name, or a prefix followed by <c>+</c>. Length is the caller's to check.</param>
    public InterfacePattern(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
    }

    /// <summary>The pattern as a rule spells it, for example <c>eth0</c> or <c>veth+</c>.</summary>
    public string Text { get; }

    /// <summary>Whether the pattern is a prefix.</summary>
    public bool IsPrefix => Text.EndsWith('+');

    /// <summary>Whether every interface name, the absent one included, fits (<c>+</c> alone).</summary>
    public bool IsAny => Text.Length == 1 && IsPrefix;

    /// <summary>Whether an interface's name fits. A packet without that interface has the empty name.</summary>
    public bool Matches(string interfaceName)
    {
        ArgumentNullException.ThrowIfNull(interfaceName);
        return IsPrefix
            ? interfaceName.AsSpan().StartsWith(Text.AsSpan(0, Text.Length - 1), StringComparison.Ordinal)
            : string.Equals(interfaceName, Text, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
