using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Extensions.Matches;

public class StringMatchTests
{
    // 20 bytes of IPv4, 8 of UDP: the payload begins at 28.
    [Theory]
    [InlineData("--string GET", true)]
    [InlineData("--string get", false)]
    [InlineData("--string get --icase", true)]
    [InlineData("--string GET --from 28", true)]
    [InlineData("--string GET --from 29", false)]
    [InlineData("--string GET --to 31", true)]
    [InlineData("--string GET --to 30", false)]
    [InlineData("--string GET --from 4 --to 31", true)]
    [InlineData("--string GET --from 4 --to 30", false)]
    [InlineData("--string x --from 30 --to 34", false)]
    [InlineData("--string x --from 30 --to 40", true)]
    [InlineData("--hex-string '|e9|t'", true)]
    [InlineData("--hex-string '|c9|T' --icase", true)]
    [InlineData("--hex-string '|c9|t'", false)]
    [InlineData("--hex-string '|ff|' --icase", true)]
    [InlineData("--hex-string '|df|'", false)]
    public void Packet_WithText_Matches(string options, bool matches)
    {
        foreach (string algorithm in new[] { "bm", "kmp" })
        {
            NetworkNamespace host = new("node");
            host.AddInterface("a", "10.0.0.254/24");
            new IptablesShell(host).Execute($"iptables -A INPUT -m string --algo {algorithm} {options} -j DROP").ExitCode.ShouldBe(0);
            byte[] payload = [.. "GET /abc xx"u8, 0xe9, (byte)'t', 0xff];
            int delivered = host.Receive("a", Packet.Udp("10.0.0.1:1000", "10.0.0.254:53", payload)).Delivered.Length;
            delivered.ShouldBe(matches ? 0 : 1, algorithm);
        }
    }
}
