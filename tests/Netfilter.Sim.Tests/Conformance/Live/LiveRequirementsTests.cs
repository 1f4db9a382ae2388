using Netfilter.Sim.TestKit.Live;

namespace Netfilter.Sim.Tests.Conformance.Live;

public sealed class LiveRequirementsTests
{
    private static readonly LiveRequirements Whole = new(IsLinux: true, IsRoot: true, _ => true);

    [Fact]
    public void Missing_EverythingIsThere_IsNull() => Whole.Missing.ShouldBeNull();

    [Fact]
    public void Missing_OtherSystem_SaysSoBeforeAnythingIsLookedFor() =>
        new LiveRequirements(IsLinux: false, IsRoot: true, _ => throw new InvalidOperationException()).Missing.ShouldBe("This is not Linux.");

    [Fact]
    public void Missing_OrdinaryUser_SaysWhatRootIsFor() =>
        (Whole with { IsRoot = false }).Missing.ShouldBe("Only root may make network namespaces.");

    [Theory]
    [InlineData("/dev/net/tun", "There is no /dev/net/tun.")]
    [InlineData("iptables-legacy", "iptables-legacy is not installed.")]
    [InlineData("ipset", "ipset is not installed.")]
    public void Missing_FileIsNotThere_NamesIt(string missing, string expected) =>
        (Whole with { Exists = path => !path.EndsWith(missing, StringComparison.Ordinal) || path.Contains("ip6", StringComparison.Ordinal) })
            .Missing.ShouldBe(expected);
}
