using System.Buffers.Binary;
using System.Text;

namespace Netfilter.Sim.Addressing;

/// <summary>The 16 bytes of an interface's name, padded with zeros, as two words that compare at once (<c>IFNAMSIZ</c>).</summary>
internal readonly record struct InterfaceName(ulong Low, ulong High)
{
    /// <summary>The bytes of a name; those beyond the 16th are lost.</summary>
    public static InterfaceName Of(string name)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        Encoding.UTF8.GetEncoder().Convert(name, bytes, flush: true, out _, out _, out _);
        return Read(bytes);
    }

    /// <summary>A mask whose first bytes are ones.</summary>
    public static InterfaceName MaskOf(int byteCount)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        bytes[..Math.Min(byteCount, 16)].Fill(0xff);
        return Read(bytes);
    }

    private static InterfaceName Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
}
