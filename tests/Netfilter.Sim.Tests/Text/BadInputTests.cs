using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Text;

/// <summary>What a user gets for input that is wrong, and that nothing of it stays.</summary>
public sealed class BadInputTests
{
    private const string Before = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n";

    [Theory]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACC", 3, "ACC")]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n", 3, "")]
    [InlineData("*filter\n-A NOWHERE -j DROP\nCOMMIT\n", 2, "NOWHERE")]
    [InlineData("*filter\n-A INPUT -j NOWHERE\nCOMMIT\n", 2, "NOWHERE")]
    [InlineData("*nosuch\nCOMMIT\n", 1, "nosuch")]
    [InlineData("-A INPUT -j DROP\n", 1, "-A")]
    [InlineData("*filter\n-A INPUT -p tcp --dport 70000\nCOMMIT\n", 2, "70000")]
    [InlineData("*nat\n-A PREROUTING -j ACCEPT\nCOMMIT\n*filter\n-A INPUT -m nothing\nCOMMIT\n", 5, "nothing")]
    public void Restore_WrongText_SaysWhereAndChangesNothing(string text, int line, string offending)
    {
        NetworkNamespace host = new("host");
        host.Restore(Before);
        RulesetFormatException error = Should.Throw<RulesetFormatException>(() => host.Restore(text));
        error.Line.ShouldBe(line, error.Message);
        error.OffendingText.ShouldBe(offending, error.Message);
        error.Column.ShouldBeGreaterThan(0);
        host.Save().ShouldBe(Before);
    }

    [Theory]
    [InlineData("*filter\n:A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A\nCOMMIT\n")]
    [InlineData("*filter\n:A - [0:0]\n-A INPUT -j A\n-A A -j A\nCOMMIT\n")]
    [InlineData("*filter\n-A INPUT -j MASQUERADE\nCOMMIT\n")]
    public void Restore_WhatTheKernelRefuses_ChangesNothing(string text)
    {
        NetworkNamespace host = new("host");
        host.Restore(Before);
        Should.Throw<Exception>(() => host.Restore(text)).Message.ShouldNotBeEmpty();
        host.Save().ShouldBe(Before);
    }

    [Theory]
    [InlineData("450000")]
    [InlineData("")]
    [InlineData("60")]
    [InlineData("4500001400000000400600000a0000010a000002")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffff")]
    public void Receive_BytesThatAreNoPacket_AreDroppedAsLinuxDoes(string hex)
    {
        NetworkNamespace host = new("host");
        host.AddInterface("eth0", "10.0.0.2/24");
        host.Restore(Before);
        Walk walk = host.Receive("eth0", Packet.Parse(Convert.FromHexString(hex)));
        walk.Fate.Kind.ShouldBe(FateKind.Dropped);
        walk.Emitted.ShouldBeEmpty();
    }
}
