using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Expected connections of a namespace in the form in which the kernel's were recorded.</summary>
internal static class KernelExpectations
{
    /// <summary>The line of an expected connection.</summary>
    public static string Line(Expectation expectation, ConnectionTracker tracker)
    {
        ConnectionTuple tuple = expectation.Tuple;
        ConnectionTuple master = tracker.Original(expectation.Master);
        NetAddress allBits = new(tuple.Family, tuple.Family == IpFamily.IPv4 ? uint.MaxValue : UInt128.MaxValue);
        string protocol = ConnectionText.ProtocolName(tuple.Protocol) ?? tuple.Protocol.ToString(CultureInfo.InvariantCulture);
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{protocol} src={tuple.Source} dst={tuple.Destination} sport={tuple.SourcePort} dport={tuple.DestinationPort}");
        line.Append(CultureInfo.InvariantCulture, $" mask-src={expectation.SourceMask} mask-dst={allBits} mask-sport={expectation.SourcePortMask} mask-dport=65535");
        line.Append(CultureInfo.InvariantCulture, $" master-src={master.Source} master-dst={master.Destination} master-sport={master.SourcePort} master-dport={master.DestinationPort}");
        string flags = string.Join(',', new[] { expectation.IsPermanent ? "PERMANENT" : "", expectation.IsInactive ? "INACTIVE" : "" }.Where(flag => flag.Length > 0));
        line.Append(CultureInfo.InvariantCulture, $" flags={(flags.Length > 0 ? flags : "0")} class={expectation.Class}");
        string? helper = HelperOf(expectation, tracker);
        line.Append(helper is null ? "" : $" helper={helper}");
        bool hasNat = expectation.SavedAddress.Bits != 0 || expectation.SavedPort != 0;
        if (hasNat && helper is not ("netbios-ns" or "snmp"))
        {
            line.Append(CultureInfo.InvariantCulture, $" nat-dir={(int)expectation.Direction} nat-src={NatSource(expectation)} nat-dst={new NetAddress(tuple.Family, 0)} nat-sport={expectation.SavedPort} nat-dport=0");
        }
        return line.Append(NameOf(expectation.Function)).ToString();
    }

    private static NetAddress NatSource(Expectation expectation) =>
        expectation.SavedAddress.Bits != 0 ? expectation.SavedAddress : new NetAddress(expectation.Tuple.Family, 0);

    private static string? HelperOf(Expectation expectation, ConnectionTracker tracker) => expectation.Helper?.Name
        ?? tracker.Snapshot(expectation.Master, 0).Helper;

    private static string NameOf(ExpectationFunction function) => function switch
    {
        ExpectationFunction.FollowMaster => " fn=nat-follow-master",
        ExpectationFunction.Sip => " fn=sip",
        _ => "",
    };
}
