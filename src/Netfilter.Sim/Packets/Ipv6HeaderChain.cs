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
            if (!PacketParser.IsExtension(next) || next == IpProtocols.NoNext)
            {
                return Search.Absent;
            }
            if (offset + 2 > ip.Length || (next == IpProtocols.Fragment && offset + 4 > ip.Length))
            {
                return Search.Broken;
            }
            if (next == IpProtocols.Fragment && (((ip[offset + 2] << 8) | ip[offset + 3]) & 0xfff8) != 0)
            {
                return Search.Absent;
            }
            int length = LengthOf(next, ip[offset + 1]);
            next = ip[offset];
            offset += length;
        }
        bool isCut = PacketParser.IsExtension(kind) && kind != IpProtocols.NoNext
            && offset + (kind == IpProtocols.Fragment ? 4 : 2) > ip.Length;
        return isCut ? Search.Broken : Search.Found;
    }

    /// <summary>Length in bytes of an extension header whose length field is known.</summary>
    public static int LengthOf(byte kind, byte lengthField) => kind switch
    {
        IpProtocols.Fragment => 8,
        IpProtocols.Ah => (lengthField + 2) * 4,
        _ => (lengthField + 1) * 8,
    };
}
