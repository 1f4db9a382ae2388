using System.Net;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.TestKit.Generators;

namespace Netfilter.Sim.Tests.Addressing;

public class NetAddressTests
{
    /// <summary>As <c>inet_ntop</c> prints them.</summary>
    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::1.2.3.4")]
    [InlineData("::ffff:1.2.3.4")]
    [InlineData("::1:2:3")]
    [InlineData("::ffff:0:1.2.3.4", "::ffff:0:102:304")]
    [InlineData("1::")]
    [InlineData("1:0:0:2::3", "1:0:0:2::3")]
    [InlineData("1:0:0:2:0:0:0:3", "1:0:0:2::3")]
    [InlineData("1:0:0:2:3:0:0:4", "1::2:3:0:0:4")]
    [InlineData("0:1:2:3:4:5:6:7")]
    [InlineData("2001:DB8::00a0", "2001:db8::a0")]
    [InlineData("64:ff9b::1.2.3.4", "64:ff9b::102:304")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    public void Parse_OfAddress_PrintsAsGlibcDoes(string text, string? printed = null) =>
        NetAddress.Parse(text).ToString().ShouldBe(printed ?? text);

    /// <summary>Refused by <c>inet_pton</c>, whatever <c>inet_aton</c> and .NET say.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.")]
    [InlineData("1.2.3.4.5")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.00")]
    [InlineData("1.2.3.256")]
    [InlineData("0x1.2.3.4")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1..2.3")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData(":1::")]
    [InlineData("1:")]
    [InlineData("1::2::3")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:8::")]
    [InlineData("::1:2:3:4:5:6:7:8")]
    [InlineData("12345::")]
    [InlineData("::g")]
    [InlineData("::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("::1.2.3")]
    [InlineData("::1.2.3.4:5")]
    [InlineData("1:2:3:4:5:6:7:1.2.3.4")]
    [InlineData("::01.2.3.4")]
    [InlineData("::1/64")]
    [InlineData("+1::")]
    public void TryParse_OfWhatInetPtonRefuses_SaysNo(string text)
    {
        NetAddress.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => NetAddress.Parse(text)).Message.ShouldBe($"'{text}' is not an IP address.");
    }

    [Fact]
    public void ToString_OfAnyAddress_ReadsBack()
    {
        foreach (IpFamily family in new[] { IpFamily.IPv4, IpFamily.IPv6 })
        {
            PropertyCheck.ForAll(PacketGenerators.Address(family), address =>
            {
                NetAddress.Parse(address.ToString()).ShouldBe(address);
                NetAddress.FromIPAddress(address.ToIPAddress()).ShouldBe(address);
                IPAddress.Parse(address.ToString()).ShouldBe(address.ToIPAddress());
            });
        }
    }

    [Theory]
    [InlineData("10.0.0.1", 8)]
    [InlineData("fd00::1", 7)]
    public void TryFormat_IntoSpans_NeedsExactlyTheTextsLength(string text, int length)
    {
        NetAddress address = text;
        address.TryFormat(new char[length], out int written, default, null).ShouldBeTrue();
        written.ShouldBe(length);
        address.TryFormat(new char[length - 1], out _, default, null).ShouldBeFalse();
    }

    [Theory]
    [InlineData("10.0.0.1:80", true)]
    [InlineData("[fd00::1]:0", true)]
    [InlineData("fd00::1:80", false)]
    [InlineData("[10.0.0.1]:80", false)]
    [InlineData("10.0.0.1:65536", false)]
    [InlineData("10.0.0.1:", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("10.0.0.1:+1", false)]
    public void Endpoint_OfText_IsReadAndPrintedAgain(string text, bool isOne)
    {
        NetEndpoint.TryParse(text, out NetEndpoint endpoint).ShouldBe(isOne);
        if (isOne)
        {
            endpoint.ToString().ShouldBe(text);
        }
    }
}
