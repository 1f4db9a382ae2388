using Netfilter.Sim.Determinism;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Extensions.Targets;

public class RateestTargetTests
{
    private const string Estimator = "RATEEST --rateest-name r --rateest-interval 250ms --rateest-ewmalog 500ms";

    private readonly ManualTimeProvider _clock = new();
    private readonly NetworkNamespace _host;

    public RateestTargetTests()
    {
        _host = new NetworkNamespace("node", _clock);
        _host.AddInterface("a", "10.0.0.254/24");
        Run($"iptables -A INPUT -p udp -j {Estimator}").ExitCode.ShouldBe(0);
    }

    // Ten packets of 44 bytes; the numbers are those that a kernel gave after the same pauses.
    [Theory]
    [InlineData(0, "0bit")]
    [InlineData(350, "7040bit")]
    [InlineData(600, "3520bit")]
    [InlineData(60_000, "0bit")]
    public void Estimator_AfterABurst_FollowsTheKernelsTimer(int milliseconds, string rate)
    {
        for (int i = 0; i < 10; i++)
        {
            _host.Receive("a", Packet.Udp("10.0.0.1:1", "10.0.0.254:2", new byte[16]));
        }
        Run($"iptables -A INPUT -p tcp -m rateest --rateest r --rateest-eq --rateest-bps {rate} -j DROP").ExitCode.ShouldBe(0);
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _host.Receive("a", Packet.Tcp("10.0.0.1:1", "10.0.0.254:2", TcpFlags.Syn)).Delivered.ShouldBeEmpty();
    }

    [Fact]
    public void Estimator_OfTheSameName_HasToHaveTheSameParameters()
    {
        Run($"iptables -A FORWARD -j {Estimator}").ExitCode.ShouldBe(0);
        Run($"iptables -A FORWARD -j {Estimator.Replace("500ms", "1s", StringComparison.Ordinal)}").ExitCode.ShouldBe(1);
    }

    [Fact]
    public void Estimator_ThatAMatchNames_StaysWithoutItsRule()
    {
        Run("iptables -A INPUT -m rateest --rateest r --rateest-lt --rateest-bps 1kbit").ExitCode.ShouldBe(0);
        Run("iptables -D INPUT 1").ExitCode.ShouldBe(0);
        Run("iptables -A FORWARD -m rateest --rateest r --rateest-lt --rateest-bps 1kbit").ExitCode.ShouldBe(0);
        Run("iptables -F").ExitCode.ShouldBe(0);
        Run("iptables -A FORWARD -m rateest --rateest r --rateest-lt --rateest-bps 1kbit").ExitCode.ShouldBe(1);
    }

    [Fact]
    public void Restore_EstimatorInAnEarlierTable_IsThereForALaterOne()
    {
        NetworkNamespace host = new("other");
        host.Restore($"""
            *mangle
            -A INPUT -j {Estimator}
            COMMIT
            *filter
            -A INPUT -m rateest --rateest r --rateest-lt --rateest-bps 1kbit
            COMMIT

            """);
        host.Save().ShouldContain("--rateest-bps 1000bit");
    }

    private ShellResult Run(string command) => new IptablesShell(_host).Execute(command);
}
