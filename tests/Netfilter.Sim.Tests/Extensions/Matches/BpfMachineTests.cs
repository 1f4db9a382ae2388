using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tests.Extensions.Matches;

public class BpfMachineTests
{
    private static readonly Packet Datagram = Packet.Udp("10.0.0.1:1000", "10.9.0.1:53", "abcd"u8);

    [Theory]
    [InlineData("1,6 0 0 7", 7u)] // ret 7
    [InlineData("2,48 0 0 9,22 0 0 0", 17u)] // ldb [9]; ret a
    [InlineData("3,177 0 0 0,72 0 0 2,22 0 0 0", 53u)] // ldx 4*([0]&15); ldh [x+2]; ret a
    [InlineData("2,128 0 0 0,22 0 0 0", 32u)] // ld len; ret a
    [InlineData("2,32 0 0 29,22 0 0 0", 0u)] // a word that ends behind the packet
    [InlineData("2,32 0 0 28,22 0 0 0", 0x61626364u)]
    [InlineData("2,40 0 0 4294963200,22 0 0 0", 0x0800u)] // the protocol, which is not in the packet
    [InlineData("2,48 0 0 4293918729,22 0 0 0", 17u)] // counted from the network header
    [InlineData("4,0 0 0 5,1 0 0 0,60 0 0 0,6 0 0 9", 0u)] // division by an X of zero ends with 0
    [InlineData("3,0 0 0 1,100 0 0 31,22 0 0 0", 0x80000000u)]
    [InlineData("3,0 0 0 1,132 0 0 0,22 0 0 0", 0xffffffffu)] // neg
    [InlineData("5,0 0 0 7,2 0 0 3,0 0 0 0,96 0 0 3,22 0 0 0", 7u)] // st M[3]; ld M[3]
    [InlineData("4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 2", 1u)]
    [InlineData("4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 2", 2u)]
    public void TryRun_ValidProgram_ReturnsWhatTheKernelWould(string bytecode, uint returned)
    {
        BpfMatch match = Read(bytecode);
        BpfChecker.IsValid(match.Program.AsSpan()).ShouldBeTrue();
        PacketBuffer packet = new();
        packet.Load(Datagram.Bytes);
        BpfMachine.TryRun(match.Program.AsSpan(), packet, Hook.Forward, out uint result).ShouldBeTrue();
        result.ShouldBe(returned);
    }

    [Theory]
    [InlineData("2,48 0 0 4294963248,22 0 0 0")] // the tag of a VLAN
    [InlineData("2,48 0 0 4292870144,22 0 0 0")] // the link header
    public void TryRun_WhatIsNotModelled_SaysSo(string bytecode)
    {
        PacketBuffer packet = new();
        packet.Load(Datagram.Bytes);
        BpfMachine.TryRun(Read(bytecode).Program.AsSpan(), packet, Hook.Forward, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("1,0 0 0 7")] // no return at the end
    [InlineData("1,14 0 0 0")] // ret x
    [InlineData("2,5 0 0 1,6 0 0 0")] // a jump to behind the end
    [InlineData("2,21 0 1 0,6 0 0 0")]
    [InlineData("2,52 0 0 0,6 0 0 0")] // division by the constant 0
    [InlineData("2,100 0 0 32,6 0 0 0")] // a shift of all bits
    [InlineData("2,96 0 0 3,6 0 0 0")] // memory that nobody has written
    [InlineData("5,21 0 1 0,2 0 0 3,96 0 0 3,22 0 0 0,6 0 0 0")] // memory that one way leaves unwritten
    [InlineData("2,2 0 0 16,6 0 0 0")]
    [InlineData("2,32 0 0 4294963201,22 0 0 0")] // not the offset of an ancillary field
    [InlineData("2,32 0 0 4294963264,22 0 0 0")] // behind the last ancillary field
    [InlineData("2,56 0 0 0,6 0 0 0")] // a load of no size
    public void IsValid_ProgramThatTheKernelRefuses_IsFalse(string bytecode) =>
        BpfChecker.IsValid(Read(bytecode).Program.AsSpan()).ShouldBeFalse();

    private static BpfMatch Read(string bytecode) => (BpfMatch)ExtensionReader.ReadMatch(
        BpfMatch.Extension, ["--bytecode", bytecode], new RuleFacts(IpFamily.IPv4));
}
