using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>The attributes of a netlink message or of an attribute that holds others; numbers are big endian, as netfilter writes them.</summary>
internal readonly struct NetlinkAttributes
{
    private const int TypeMask = 0x3fff;
    private readonly Dictionary<int, byte[]> _values;

    public NetlinkAttributes(ReadOnlySpan<byte> bytes)
    {
        _values = [];
        while (bytes.Length >= 4)
        {
            int length = MemoryMarshal.Read<ushort>(bytes);
            if (length < 4 || length > bytes.Length)
            {
                return;
            }
            _values[MemoryMarshal.Read<ushort>(bytes[2..]) & TypeMask] = bytes[4..length].ToArray();
            bytes = bytes[Math.Min((length + 3) & ~3, bytes.Length)..];
        }
    }

    public bool Has(int type) => _values.ContainsKey(type);

    public byte[] Bytes(int type) => _values.GetValueOrDefault(type, []);

    public NetlinkAttributes In(int type) => new(Bytes(type));

    public byte Byte(int type) => Bytes(type) is [byte first, ..] ? first : (byte)0;

    public ushort UInt16(int type) => Has(type) ? BinaryPrimitives.ReadUInt16BigEndian(Bytes(type)) : (ushort)0;

    public uint UInt32(int type) => Has(type) ? BinaryPrimitives.ReadUInt32BigEndian(Bytes(type)) : 0;

    public int Int32(int type) => (int)UInt32(type);

    public ulong UInt64(int type) => Has(type) ? BinaryPrimitives.ReadUInt64BigEndian(Bytes(type)) : 0;

    public string Text(int type) => Encoding.Latin1.GetString(Bytes(type)).TrimEnd('\0');
}
