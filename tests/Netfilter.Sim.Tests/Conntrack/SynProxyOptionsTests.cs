using Netfilter.Sim.Conntrack.SynProxy;

namespace Netfilter.Sim.Tests.Conntrack;

public sealed class SynProxyOptionsTests
{
    [Theory]
    [InlineData("020405b4", "Mss 1460 0 0/0")]
    [InlineData("020405b40402", "Mss, SackPermitted 1460 0 0/0")]
    [InlineData("04020402", "SackPermitted 0 0 0/0")]
    [InlineData("01010303 0e010101", "WindowScale 0 14 0/0")]
    [InlineData("03030f01", "WindowScale 0 14 0/0")]
    [InlineData("0101080a0000000700000009", "Timestamp 0 0 7/9")]
    [InlineData("00020405b4000000", "None 0 0 0/0")] // behind the end
    [InlineData("0402 0203 0501 0000", "SackPermitted 0 0 0/0")] // a segment size of one byte is none
    [InlineData("0402 02ff 05b40000", "SackPermitted 0 0 0/0")] // an option longer than the header ends it
    [InlineData("0402 0201 05b40000", "SackPermitted 0 0 0/0")]
    public void TryRead_Options_AsTheKernelParsesThem(string options, string read)
    {
        byte[] bytes = Convert.FromHexString(options.Replace(" ", "", StringComparison.Ordinal));
        SynProxyOptions.TryRead(Header(20 + ((bytes.Length + 3) / 4 * 4), bytes), out SynProxyOptions found).ShouldBeTrue();
        $"{found.Flags} {found.Mss} {found.WindowScale} {found.Timestamp}/{found.TimestampEcho}".ShouldBe(read);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(28)]
    public void TryRead_HeaderCutOffOrTooShort_IsFalse(int length)
    {
        byte[] header = Header(length, []);
        SynProxyOptions.TryRead(header.AsSpan(0, Math.Max(20, Math.Min(header.Length, 24))), out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(SynProxyFlags.Mss, "020405b4")]
    [InlineData(SynProxyFlags.SackPermitted, "01010402")]
    [InlineData(SynProxyFlags.WindowScale, "01030307")]
    [InlineData(SynProxyFlags.Timestamp, "0101080a0000000300000004")]
    [InlineData(SynProxyFlags.Timestamp | SynProxyFlags.SackPermitted, "0402080a0000000300000004")]
    [InlineData(SynProxyFlags.Mss | SynProxyFlags.SackPermitted | SynProxyFlags.WindowScale, "020405b40101040201030307")]
    internal void Write_Options_EachInWholeWords(SynProxyFlags flags, string hex)
    {
        SynProxyOptions options = new() { Flags = flags, Mss = 1460, WindowScale = 7, Timestamp = 3, TimestampEcho = 4 };
        byte[] written = new byte[options.Length];
        options.Write(written);
        Convert.ToHexStringLower(written).ShouldBe(hex);
    }

    /// <summary>Six bits of the stamp: the window scale or 15 for none, SACK, ECN.</summary>
    [Theory]
    [InlineData(SynProxyFlags.Timestamp, 0x0fu)]
    [InlineData(SynProxyFlags.Timestamp | SynProxyFlags.WindowScale, 0x05u)]
    [InlineData(SynProxyFlags.Timestamp | SynProxyFlags.SackPermitted, 0x1fu)]
    [InlineData(SynProxyFlags.Timestamp | SynProxyFlags.WindowScale | SynProxyFlags.Ecn, 0x25u)]
    internal void HideInTimestamp_ThenTakeFromEcho_BringsTheOptionsBack(SynProxyFlags flags, uint bits)
    {
        SynProxyOptions options = new() { Flags = flags, WindowScale = 5, Timestamp = 77 };
        options.HideInTimestamp(9, 0x12345fff);
        (options.Timestamp, options.TimestampEcho).ShouldBe((0x12345fc0u | bits, 77u));
        SynProxyOptions echoed = new() { Flags = SynProxyFlags.Timestamp, TimestampEcho = options.Timestamp };
        echoed.TakeFromEcho();
        echoed.Flags.ShouldBe(flags);
    }

    private static byte[] Header(int length, byte[] options)
    {
        byte[] header = new byte[Math.Max(20, length)];
        header[12] = (byte)(length / 4 << 4);
        options.CopyTo(header, 20);
        return header;
    }
}
