using System.Buffers.Binary;
using FsCheck.Fluent;
using Netfilter.Sim.Packets;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Tests.Packets;

public class ChecksumTests
{
    [Fact]
    public void Of_HeaderOfRfcExample_IsTheKnownValue() =>
        Checksum.Of(Convert.FromHexString("45000073000040004011" + "0000" + "c0a80001c0a800c7")).ShouldBe((ushort)0xb861);

    [Fact]
    public void Add_OfAnyLength_EqualsTheSumOfWords() => PropertyCheck.ForAll(PacketGenerators.Bytes(0, 3000), bytes =>
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += (i & 1) == 0 ? (uint)bytes[i] << 8 : bytes[i];
        }
        Checksum.Finish(Checksum.Add(bytes)).ShouldBe(Checksum.Finish(sum));
    });

    [Fact]
    public void Update_OfReplacedWords_EqualsTheFullComputation() => PropertyCheck.ForAll(
        from bytes in PacketGenerators.Bytes(40, 60)
        from place in Gen.Choose(1, 15)
        from value in Gen.Choose(int.MinValue, int.MaxValue)
        select (bytes, place, value),
        input =>
        {
            Span<byte> data = input.bytes.AsSpan(0, 40);
            data[..2].Clear();
            data[39] |= 1;
            BinaryPrimitives.WriteUInt16BigEndian(data, Checksum.Of(data));
            Span<byte> word = data.Slice(input.place * 2, 4);
            uint delta = ChecksumUpdate.Delta(BinaryPrimitives.ReadUInt32BigEndian(word), (uint)input.value);
            BinaryPrimitives.WriteInt32BigEndian(word, input.value);
            ChecksumUpdate.Apply(data[..2], delta);
            Checksum.Of(data).ShouldBe((ushort)0);
        });

    [Theory]
    [InlineData(0xffff, 0, 0, 0)]
    [InlineData(0xffff, 0xffff, 0, 0)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0x1234, 0, 0xffff, 0x1234)]
    [InlineData(0x0001, 0x0000, 0x0001, 0x0000)]
    [InlineData(0x0000, 0x0000, 0x0001, 0xfffe)]
    public void Apply_OfEitherZero_NeverGivesAllOnes(ushort before, ushort from, ushort to, ushort after) =>
        ChecksumUpdate.Apply(before, ChecksumUpdate.Delta(from, to)).ShouldBe(after);

    [Fact]
    public void Sctp_OfCommonHeader_IsTheKnownCrc()
    {
        byte[] numbers = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        numbers.AsSpan(8, 4).Clear();

        Checksum.Sctp(numbers).ShouldBe(ReferenceCrc(numbers));
    }

    private static uint ReferenceCrc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
            }
        }
        return ~crc;
    }
}
