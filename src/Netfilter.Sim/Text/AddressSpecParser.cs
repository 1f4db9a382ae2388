using System.Buffers;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>What stands after <c>-s</c> and <c>-d</c> (<c>libxtables/xtables.c xtables_ipparse_multiple</c> and its IPv6 twin).</summary>
internal static class AddressSpecParser
{
    /// <summary>What <c>isspace</c> takes for a blank.</summary>
    internal static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\n\v\f\r");

    /// <summary>Reads a comma-separated list; a host with several addresses makes several prefixes.</summary>
    public static List<NetPrefix> Parse(string text, IpFamily family, NameDatabase names)
    {
        List<NetPrefix> prefixes = [];
        foreach (string part in text.Split(','))
        {
            string one = part;
            int start = one.AsSpan().IndexOfAnyExcept(Blanks);
            one = start > 0 ? one[start..] : one;
            if (ByteText.Length(one) > 255)
            {
                throw OptionCall.Error("Hostname too long");
            }
            int slash = one.LastIndexOf('/');
            NetAddress mask = slash < 0 ? new NetAddress(family, UInt128.MaxValue) : ParseMask(one[(slash + 1)..], family);
            string host = slash < 0 ? one : one[..slash];

            // A mask of zero makes the address irrelevant, as in any/0.
            IReadOnlyList<NetAddress> addresses = mask.Bits == 0 ? [new NetAddress(family, 0)] : Resolve(host, family, names);
            foreach (NetAddress address in addresses)
            {
                prefixes.Add(new NetPrefix(address, mask));
            }
        }
        return prefixes;
    }

    /// <summary>The name that <c>-L</c> shows for an address without <c>-n</c>.</summary>
    public static string NameOf(NetAddress address, NameDatabase names)
    {
        if (names.HostNames.TryGetValue(address, out string? host))
        {
            return host;
        }
        foreach ((string name, NetAddress network) in names.Networks)
        {
            if (network == address)
            {
                return name;
            }
        }
        return address.ToString();
    }

    private static NetAddress ParseMask(string text, IpFamily family)
    {
        int width = family == IpFamily.IPv4 ? 32 : 128;
        if (family == IpFamily.IPv4 ? NameParser.TryDotted(text, isMask: true, out NetAddress mask) : TryLiteralV6(text, out mask))
        {
            return mask;
        }
        return CNumber.TryRead(text, out ulong length, 0, (ulong)width)
            ? NetPrefix.MaskOf(family, (int)length)
            : throw OptionCall.Error($"invalid mask `{text}' specified");
    }

    private static IReadOnlyList<NetAddress> Resolve(string host, IpFamily family, NameDatabase names)
    {
        if (family == IpFamily.IPv4 ? NameParser.TryDotted(host, isMask: false, out NetAddress address) : TryLiteralV6(host, out address))
        {
            return [address];
        }
        if (family == IpFamily.IPv4 && names.Networks.TryGetValue(host, out NetAddress network))
        {
            return [network];
        }
        IReadOnlyList<NetAddress> found = NameParser.Resolve(host, family, names);
        return found.Count > 0 ? found : throw OptionCall.Error($"host/network `{host}' not found");
    }

    private static bool TryLiteralV6(string text, out NetAddress address) =>
        NetAddress.TryParse(text, out address) && address.Family == IpFamily.IPv6;
}
