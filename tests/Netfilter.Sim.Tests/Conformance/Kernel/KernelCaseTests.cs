using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.Tests.Conformance.Kernel;

public sealed class KernelCaseTests
{
    [Fact]
    public void Parse_EveryRecordedCase_KnowsEveryField()
    {
        using CaseSource source = CaseSource.Open(Path.Combine(CaseFolder.Find(), "kernel.zip"));
        foreach (string path in source.Paths)
        {
            KernelCase read = KernelCase.Parse(source.Read(path), strict: true);
            read.Expect.Steps.Count.ShouldBe(read.Steps.Count, path);
        }
    }

    [Fact]
    public void Compare_EveryRecordedCaseWithItself_FindsNothing()
    {
        using CaseSource source = CaseSource.Open(Path.Combine(CaseFolder.Find(), "kernel.zip"));
        foreach (string path in source.Paths)
        {
            KernelCase read = KernelCase.Parse(source.Read(path));
            for (int i = 0; i < read.Steps.Count; i++)
            {
                KernelStepExpect recorded = read.Expect.Steps[i];
                KernelComparer.CompareStep(read, read.Steps[i], recorded, recorded).ShouldBeNull(path);
            }
            KernelComparer.CompareState(read, read.Expect, read.Expect).ShouldBeNull(path);
        }
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Compare_WithOneMistake_NamesIt(string cause, Func<KernelStepExpect, KernelStepExpect> mistake)
    {
        KernelCase sample = new()
        {
            Name = "sample",
            Family = "ipv4",
            Host = new KernelHostSetup(),
            LogToken = "tok",
            ConntrackEvents = true,
            CaptureEach = ["conntrack"],
            Steps = [],
            Expect = new KernelExpect { Steps = [] },
        };
        KernelStep step = new() { Op = "receive" };

        KernelComparer.CompareStep(sample, step, Recorded, Recorded).ShouldBeNull();
        KernelComparer.CompareStep(sample, step, Recorded, mistake(Recorded))!.Cause.ShouldBe(cause);
    }

    private static readonly KernelStepExpect Recorded = new()
    {
        Emitted = [new KernelPacket("eth0") { PacketHex = "4500001401fa00004000724c0a85f802cb003903" }],
        Nflog = [new KernelNflog(1, "x", "FORWARD") { PacketHex = "4500001401fa00004000724c0a85f802cb003903" }],
        Log = ["tok ID=*"],
        Trace = ["raw:PREROUTING:policy:1"],
        Events = ["[NEW] udp"],
        Rc = 0,
        Conntrack = [new KernelConnection("udp a") { Status = "CONFIRMED", Timeout = 30 }],
        RulesetSaveCounters = ["*filter", ":INPUT ACCEPT [1:20]", "COMMIT"],
    };

    public static TheoryData<string, Func<KernelStepExpect, KernelStepExpect>> Mistakes => new()
    {
        { "emitted: missing", step => step with { Emitted = [] } },
        { "emitted: too many", step => step with { Emitted = [step.Emitted[0], step.Emitted[0]] } },
        { "emitted: interface", step => step with { Emitted = [step.Emitted[0] with { Iface = "eth1" }] } },
        { "emitted: eth", step => step with { Emitted = [step.Emitted[0] with { EthernetHex = "00" }] } },
        { "emitted: ip.dst", step => step with { Emitted = [step.Emitted[0] with { PacketHex = "4500001401fa00004000724c0a85f802cb003904" }] } },
        { "delivered: too many", step => step with { Delivered = step.Emitted } },
        { "nflog", step => step with { Nflog = [step.Nflog[0] with { Prefix = "y" }] } },
        { "log", step => step with { Log = ["tok ID=5 more"] } },
        { "trace", step => step with { Trace = [] } },
        { "events", step => step with { Events = [] } },
        { "exit code", step => step with { Rc = 1 } },
        { "EPERM", step => step with { Error = "EPERM" } },
        { "conntrack: missing", step => step with { Conntrack = [] } },
        { "conntrack: status", step => step with { Conntrack = [step.Conntrack![0] with { Status = "ASSURED" }] } },
        { "conntrack: timeout", step => step with { Conntrack = [step.Conntrack![0] with { Timeout = 33 }] } },
        { "counters", step => step with { RulesetSaveCounters = ["*filter", ":INPUT ACCEPT [2:40]", "COMMIT"] } },
    };
}
