namespace Netfilter.Sim.Packets;

/// <summary>Finds a header in the chain of an IPv6 packet (<c>net/ipv6/exthdrs_core.c ipv6_find_hdr</c>).</summary>
internal static class Ipv6HeaderChain
{
    /// <summary>How a search ended.</summary>
    public enum Search
    {
        /// <summary>The header is there.</summary>
        Found,

        /// <summary>It is not (<c>ENOENT</c>).</summary>
        Absent,

        /// <summary>The packet ends before the chain does (<c>EBADMSG</c>).</summary>
        Broken,
    }

    /// <summary>Number of the hop-by-hop header.</summary>
    public const byte HopByHop = 0;

    /// <summary>Number of the routing header.</summary>
    public const byte Routing = 43;

    /// <summary>Number of the fragment header.</summary>
    public const byte Fragment = 44;

    /// <summary>Number of the encapsulating security payload.</summary>
    public const byte Esp = 50;

    /// <summary>Number of the authentication header.</summary>
    public const byte Authentication = 51;

    /// <summary>Number that says that nothing follows.</summary>
    public const byte None = 59;

    /// <summary>Number of the destination options.</summary>
    public const byte DestinationOptions = 60;

    /// <summary>Looks for the first header of a kind.</summary>
    /// <param name="ip">The IP packet.</param>
    /// <param name="kind">The header's number.</param>
    /// <param name="offset">Where it begins.</param>
    public static Search Find(ReadOnlySpan<byte> ip, byte kind, out int offset)
    {
        offset = 40;
        if (ip.Length < 40)
        {
            return Search.Broken;
        }
        byte next = ip[6];
        while (next != kind)
        {
            if (!IsExtension(next) || next == None)
            {
                return Search.Absent;
            }
            if (offset + 2 > ip.Length || (next == Fragment && offset + 4 > ip.Length))
            {
                return Search.Broken;
            }
            if (next == Fragment && (((ip[offset + 2] << 8) | ip[offset + 3]) & 0xfff8) != 0)
            {
                return Search.Absent;
            }
            int length = LengthOf(next, ip[offset + 1]);
            next = ip[offset];
            offset += length;
        }
        bool isCut = IsExtension(kind) && kind != None && offset + (kind == Fragment ? 4 : 2) > ip.Length;
        return isCut ? Search.Broken : Search.Found;
    }

    /// <summary>Whether a next-header number is an extension header (<c>ipv6_ext_hdr</c>).</summary>
    public static bool IsExtension(byte next) =>
        next is HopByHop or Routing or Fragment or Authentication or None or DestinationOptions;

    /// <summary>Length in bytes of an extension header whose length field is known.</summary>
    public static int LengthOf(byte kind, byte lengthField) => kind switch
    {
        Fragment => 8,
        Authentication => (lengthField + 2) * 4,
        _ => (lengthField + 1) * 8,
    };
}
