using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>Expected connections in words.</summary>
internal static class ExpectationText
{
    /// <summary>All attributes that ctnetlink reports, but for the time that is left.</summary>
    public static string Line(Expectation expectation, ConnectionTracker tracker)
    {
        StringBuilder text = new();
        byte protocol = expectation.Tuple.Protocol;
        text.Append(CultureInfo.InvariantCulture, $"{ConnectionText.ProtocolName(protocol) ?? $"unknown-{protocol}"} ");
        AppendTuple(text, "", expectation.Tuple);
        AppendTuple(text, "mask-", MaskOf(expectation));
        AppendTuple(text, "master-", tracker.Original(expectation.Master));
        text.Append(CultureInfo.InvariantCulture, $"flags={Flags(expectation, ",", "0")} class={expectation.Class}");
        text.Append(CultureInfo.InvariantCulture, $" helper={tracker.Table.ReadExtension(expectation.Master).Helper?.Name}");
        if (expectation.SavedPort != 0 || expectation.SavedAddress.Bits != 0)
        {
            NetAddress none = new(expectation.Tuple.Family, 0);
            NetAddress saved = expectation.SavedAddress.Bits == 0 ? none : expectation.SavedAddress;
            text.Append(CultureInfo.InvariantCulture, $" nat-dir={(int)expectation.Direction} nat-src={saved} nat-dst={none}");
            text.Append(CultureInfo.InvariantCulture, $" nat-sport={expectation.SavedPort} nat-dport=0");
        }
        text.Append(expectation.Function switch
        {
            ExpectationFunction.FollowMaster => " fn=nat-follow-master",
            ExpectationFunction.Sip => " fn=sip",
            _ => "",
        });
        return text.ToString();
    }

    /// <summary>A line of <c>conntrack -L expect</c>.</summary>
    public static string Format(Expectation expectation, ConnectionTracker tracker, uint now)
    {
        StringBuilder text = new();
        ConnectionTuple mask = MaskOf(expectation), master = tracker.Original(expectation.Master);
        ConnectionTuple tuple = expectation.Tuple;
        int seconds = Math.Max(unchecked((int)(expectation.Deadline - now)), 0) / (int)ConntrackSettings.Hz;
        text.Append(CultureInfo.InvariantCulture, $"{seconds} proto={tuple.Protocol} src={tuple.Source} dst={tuple.Destination} ");
        text.Append(CultureInfo.InvariantCulture, $"sport={tuple.SourcePort} dport={tuple.DestinationPort} ");
        text.Append(CultureInfo.InvariantCulture, $"mask-src={mask.Source} mask-dst={mask.Destination} ");
        text.Append(CultureInfo.InvariantCulture, $"sport={mask.SourcePort} dport={mask.DestinationPort} ");
        text.Append(CultureInfo.InvariantCulture, $"master-src={master.Source} master-dst={master.Destination} ");
        text.Append(CultureInfo.InvariantCulture, $"sport={master.SourcePort} dport={master.DestinationPort} ");
        string flags = Flags(expectation, ",", "");
        text.Append(flags.Length > 0 ? flags + " " : "");
        text.Append(CultureInfo.InvariantCulture, $"class={expectation.Class}");
        text.Append(CultureInfo.InvariantCulture, $" helper={tracker.Table.ReadExtension(expectation.Master).Helper?.Name}");
        return text.ToString();
    }

    private static string Flags(Expectation expectation, string separator, string none)
    {
        (bool permanent, bool inactive) = (expectation.IsPermanent, expectation.IsInactive);
        return permanent && inactive ? $"PERMANENT{separator}INACTIVE" : permanent ? "PERMANENT" : inactive ? "INACTIVE" : none;
    }

    private static ConnectionTuple MaskOf(Expectation expectation)
    {
        IpFamily family = expectation.Tuple.Family;
        NetAddress full = new(family, UInt128.MaxValue);
        return new ConnectionTuple(
            expectation.SourceMask, full, expectation.SourcePortMask, ushort.MaxValue, expectation.Tuple.Protocol);
    }

    private static void AppendTuple(StringBuilder text, string prefix, in ConnectionTuple tuple)
    {
        text.Append(CultureInfo.InvariantCulture, $"{prefix}src={tuple.Source} {prefix}dst={tuple.Destination} ");
        text.Append(CultureInfo.InvariantCulture, $"{prefix}sport={tuple.SourcePort} {prefix}dport={tuple.DestinationPort} ");
    }
}
