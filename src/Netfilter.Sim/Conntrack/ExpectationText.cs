using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Conntrack;

/// <summary>Expected connections in words.</summary>
internal static class ExpectationText
{
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
        text.Append(expectation.IsPermanent ? "PERMANENT" : "").Append(expectation.IsPermanent && expectation.IsInactive ? "," : "");
        text.Append(expectation.IsInactive ? "INACTIVE" : "").Append(expectation.IsPermanent || expectation.IsInactive ? " " : "");
        text.Append(CultureInfo.InvariantCulture, $"class={expectation.Class}");
        text.Append(CultureInfo.InvariantCulture, $" helper={tracker.Table.ReadExtension(expectation.Master).Helper?.Name}");
        return text.ToString();
    }

    private static ConnectionTuple MaskOf(Expectation expectation)
    {
        IpFamily family = expectation.Tuple.Family;
        NetAddress full = new(family, UInt128.MaxValue);
        return new ConnectionTuple(
            expectation.SourceMask, full, expectation.SourcePortMask, ushort.MaxValue, expectation.Tuple.Protocol);
    }
}
