using System.Globalization;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Extensions.Matches;

public class TimeMatchTests
{
    [Theory]
    [InlineData("2024-02-29T12:00:00", "--weekdays Thu", true)]
    [InlineData("2024-02-29T12:00:00", "--weekdays Fri", false)]
    [InlineData("2024-02-29T12:00:00", "--monthdays 29", true)]
    [InlineData("2024-03-01T00:00:00", "--monthdays 29", false)]
    [InlineData("2024-03-03T23:59:59", "--weekdays 7", true)]
    [InlineData("2024-03-04T00:00:00", "--weekdays 7", false)]
    [InlineData("2024-03-01T08:59:59", "--timestart 9:00 --timestop 17:00", false)]
    [InlineData("2024-03-01T09:00:00", "--timestart 9:00 --timestop 17:00", true)]
    [InlineData("2024-03-01T17:00:00", "--timestart 9:00 --timestop 17:00", true)]
    [InlineData("2024-03-01T17:00:01", "--timestart 9:00 --timestop 17:00", false)]
    [InlineData("2024-03-01T23:30:00", "--timestart 23:00 --timestop 1:00", true)]
    [InlineData("2024-03-01T12:00:00", "--timestart 23:00 --timestop 1:00", false)]
    [InlineData("2024-03-05T00:30:00", "--timestart 23:00 --timestop 1:00 --weekdays Mon", false)]
    [InlineData("2024-03-05T00:30:00", "--timestart 23:00 --timestop 1:00 --weekdays Mon --contiguous", true)]
    [InlineData("2024-03-04T00:30:00", "--timestart 23:00 --timestop 1:00 --weekdays Mon --contiguous", false)]
    [InlineData("2024-03-01T00:30:00", "--timestart 23:00 --timestop 1:00 --monthdays 29 --contiguous", true)]
    [InlineData("2024-03-01T00:00:00", "--datestart 2024-03", true)]
    [InlineData("2024-02-29T23:59:59", "--datestart 2024-03", false)]
    [InlineData("2024-03-01T00:00:00", "--datestop 2024-03", true)]
    [InlineData("2024-03-01T00:00:01", "--datestop 2024-03", false)]
    [InlineData("2038-01-19T03:14:08", "", false)]
    public void Packet_AtATime_Matches(string now, string options, bool matches)
    {
        ManualTimeProvider clock = new(DateTimeOffset.Parse(now + "Z", CultureInfo.InvariantCulture));
        NetworkNamespace host = new("node", clock);
        host.AddInterface("a", "10.0.0.254/24");
        new IptablesShell(host).Execute($"iptables -A INPUT -m time {options} -j DROP").ExitCode.ShouldBe(0);
        int delivered = host.Receive("a", Packet.Udp("10.0.0.1:1000", "10.0.0.254:53")).Delivered.Length;
        delivered.ShouldBe(matches ? 0 : 1);
    }
}
