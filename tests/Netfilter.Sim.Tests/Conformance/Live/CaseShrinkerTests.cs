using System.Text.Json;
using Netfilter.Sim.TestKit.Kernel;
using Netfilter.Sim.TestKit.Live;

namespace Netfilter.Sim.Tests.Conformance.Live;

public sealed class CaseShrinkerTests
{
    private static readonly KernelCase Large = new()
    {
        Name = "large",
        Family = "ipv4",
        Host = new KernelHostSetup
        {
            Routes = [new KernelRoute { Dst = "0.0.0.0/0" }, new KernelRoute { Dst = "10.0.0.0/8" }],
            Rules = ["fwmark 1 lookup 100"],
            Sysctls = new Dictionary<string, JsonElement>
            {
                ["net.ipv4.ip_forward"] = JsonSerializer.SerializeToElement(1),
                ["net.ipv4.conf.eth0.rp_filter"] = JsonSerializer.SerializeToElement(1),
            },
            Listeners = [new KernelListener("udp", 53)],
        },
        Ipsets = ["create a hash:ip", "add a 10.0.0.1"],
        Ruleset = ["*filter", ":FORWARD ACCEPT [0:0]", ":own - [0:0]", .. Enumerable.Range(0, 20).Select(i => $"-A FORWARD -m mark --mark {i}"), "COMMIT"],
        Steps = [.. Enumerable.Range(0, 25).Select(i => new KernelStep { Op = "receive", PacketHex = $"{i:x2}" })],
        Expect = new KernelExpect { Steps = [] },
    };

    [Fact]
    public void Shrink_FailureOfTwoStepsAndARule_KeepsOnlyThoseAndTheTables()
    {
        int asked = 0;
        KernelCase smallest = CaseShrinker.Shrink(Large, @case =>
        {
            asked++;
            return @case.Steps.Any(step => step.PacketHex == "03") && @case.Steps.Any(step => step.PacketHex == "14")
                && @case.Ruleset.Contains("-A FORWARD -m mark --mark 13") && @case.Host.Sysctls.ContainsKey("net.ipv4.ip_forward");
        });

        smallest.Steps.Select(step => step.PacketHex).ShouldBe(["03", "14"]);
        smallest.Ruleset.ShouldBe(["*filter", ":FORWARD ACCEPT [0:0]", "-A FORWARD -m mark --mark 13", "COMMIT"]);
        smallest.Ipsets.ShouldBeEmpty();
        smallest.Host.Routes.ShouldBeEmpty();
        smallest.Host.Rules.ShouldBeEmpty();
        smallest.Host.Listeners.ShouldBeEmpty();
        smallest.Host.Sysctls.Keys.ShouldBe(["net.ipv4.ip_forward"]);
        asked.ShouldBeLessThan(200);
    }

    [Fact]
    public void Shrink_EverythingIsNeeded_LeavesTheCaseAsItIs() =>
        CaseShrinker.Shrink(Large, _ => false).ShouldBe(Large);

    [Fact]
    public void Shrink_SmallerCase_KeepsTheOrderOfWhatIsLeft()
    {
        KernelCase smallest = CaseShrinker.Shrink(Large, @case => @case.Steps.Count >= 5);

        smallest.Steps.Count.ShouldBe(5);
        smallest.Steps.Select(step => step.PacketHex).ShouldBeInOrder();
    }
}
