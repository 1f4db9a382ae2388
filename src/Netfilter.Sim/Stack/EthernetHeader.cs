using System.Buffers.Binary;

namespace Netfilter.Sim.Stack;

/// <summary>An Ethernet header: destination, source, VLAN tags of 4 bytes each, type (<c>struct ethhdr</c>).</summary>
internal static class EthernetHeader
{
    public const int Length = 14;
    public const ulong Broadcast = 0xffffffffffff;
    public const ushort IPv4 = 0x0800;
    public const ushort Arp = 0x0806;
    public const ushort IPv6 = 0x86dd;
    public const ushort Vlan = 0x8100;

    public static ulong Destination(ReadOnlySpan<byte> header) => ReadMac(header);

    public static ulong Source(ReadOnlySpan<byte> header) => ReadMac(header[6..]);

    /// <summary>The type after the first tag, if there is one: what the kernel calls the frame's protocol.</summary>
    public static ushort Protocol(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt16BigEndian(header[(IsTagged(header) && header.Length >= Length + 4 ? 16 : 12)..]);

    public static bool IsTagged(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header[12..]) is Vlan or 0x88a8;

    /// <summary>Number of the VLAN of a tagged frame.</summary>
    public static int VlanId(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header[14..]) & 0xfff;

    public static bool IsGroup(ulong mac) => (mac & 0x010000000000) != 0;

    public static void Write(Span<byte> header, ulong destination, ulong source, ushort type)
    {
        WriteMac(header, destination);
        WriteMac(header[6..], source);
        BinaryPrimitives.WriteUInt16BigEndian(header[12..], type);
    }

    public static void WriteMac(Span<byte> target, ulong mac)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)(mac >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], (ushort)mac);
    }

    public static ulong ReadMac(ReadOnlySpan<byte> source) =>
        ((ulong)BinaryPrimitives.ReadUInt32BigEndian(source) << 16) | BinaryPrimitives.ReadUInt16BigEndian(source[4..]);
}
