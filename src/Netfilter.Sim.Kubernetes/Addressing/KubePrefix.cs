using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Addressing;

/// <summary>A network prefix read as Kubernetes reads it: host bits are cleared, leading zeros dropped.</summary>
/// <remarks>k8s.io/utils/net ParseCIDRSloppy.</remarks>
internal readonly record struct KubePrefix(KubeAddress Network, int Length)
{
    public IPFamily Family => Network.Family;

    public static bool TryParse([NotNullWhen(true)] string? text, out KubePrefix prefix)
    {
        prefix = default;
        if (!TrySplit(text, out KubeAddress address, out int length))
        {
            return false;
        }
        prefix = new KubePrefix(address with { Value = address.Value & Mask(address.Family, length) }, length);
        return true;
    }

    /// <summary>Reads an address with its prefix length (an interface address), host bits kept.</summary>
    public static bool TryParseInterface([NotNullWhen(true)] string? text, out KubeAddress address)
    {
        return TrySplit(text, out address, out _) || KubeAddress.TryParse(text, out address);
    }

    public bool Contains(KubeAddress address) =>
        address.Family == Family && (address.Value & Mask(Family, Length)) == Network.Value;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Network}/{Length}");

    private static bool TrySplit(string? text, out KubeAddress address, out int length)
    {
        address = default;
        length = 0;
        int slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0 || !KubeAddress.TryParse(text![..slash], out address))
        {
            return false;
        }
        ReadOnlySpan<char> digits = text.AsSpan(slash + 1);
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9') &&
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length) &&
            length <= address.Width;
    }

    private static UInt128 Mask(IPFamily family, int length)
    {
        int width = family == IPFamily.IPv4 ? 32 : 128;
        UInt128 all = family == IPFamily.IPv4 ? uint.MaxValue : UInt128.MaxValue;
        return length == 0 ? UInt128.Zero : unchecked(all << (width - length)) & all;
    }
}
