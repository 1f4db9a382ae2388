using Netfilter.Sim.TestKit.Reference;

namespace Netfilter.Sim.Tests.Conformance;

/// <summary>The page that counts recorded cases.</summary>
public sealed class FidelityTests
{
    [Fact]
    public void Page_WhatTheCasesSay_IsCurrent()
    {
        string page = File.ReadAllText(FidelityTable.PagePath());
        (page == FidelityTable.Page(page)).ShouldBeTrue("run the conformance program with -- fidelity");
    }

    [Theory]
    [InlineData("*filter", null)]
    [InlineData(":INPUT ACCEPT [1:40]", null)]
    [InlineData("[0:0] -A INPUT -p tcp -m tcp --dport 80", "0 INPUT -m tcp")]
    [InlineData("-A own -m comment --comment \"a -j b\" -j ACCEPT", "0 own -m comment -j ACCEPT")]
    [InlineData("[12:480] -A own -g other", "12 own")]
    [InlineData("[1:40] -A PREROUTING -j DNAT --to-destination 10.0.0.1", "1 PREROUTING -j DNAT, DNAT to an address")]
    [InlineData("-A PREROUTING -j DNAT --to-destination 10.0.0.1-10.0.0.9:80 --persistent",
        "0 PREROUTING -j DNAT, DNAT to a range of addresses, DNAT to a port, DNAT --persistent")]
    [InlineData("-A PREROUTING -j DNAT --to-destination :80-90/8000 --random", "0 PREROUTING -j DNAT, DNAT to shifted ports, DNAT --random")]
    [InlineData("-A POSTROUTING -j SNAT --to-source 2001:db8::1", "0 POSTROUTING -j SNAT, SNAT to an address")]
    [InlineData("-A POSTROUTING -j SNAT --to-source [2001:db8::1-2001:db8::2]:5-9",
        "0 POSTROUTING -j SNAT, SNAT to a range of addresses, SNAT to a range of ports")]
    [InlineData("-A POSTROUTING -j MASQUERADE", "0 POSTROUTING -j MASQUERADE, MASQUERADE to the interface's address")]
    [InlineData("-A POSTROUTING -p tcp -j MASQUERADE --to-ports 5-9 --random-fully",
        "0 POSTROUTING -j MASQUERADE, MASQUERADE to a range of ports, MASQUERADE --random-fully")]
    [InlineData("-A OUTPUT -p tcp -j REDIRECT --to-ports 80", "0 OUTPUT -j REDIRECT, REDIRECT to a port")]
    [InlineData("-A OUTPUT -d 10.0.0.0/8 -j NETMAP --to 10.1.0.0/8", "0 OUTPUT -j NETMAP, NETMAP of a prefix")]
    public void Rule_SavedLine_SaysWhatItUses(string line, string? uses)
    {
        RecordedRule? rule = RecordedRule.Parse(line);
        string? text = rule is null
            ? null
            : string.Join(", ", rule.NatForms.Prepend(string.Join(" ", [
                $"{rule.Packets} {rule.Chain}", .. rule.Matches.Select(name => $"-m {name}"), .. rule.Target is null ? [] : new[] { $"-j {rule.Target}" }])));
        text.ShouldBe(uses);
    }
}
