using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>Ports as the tools' own parsers read them.</summary>
internal static class PortText
{
    /// <summary>Reads <c>a[:b]</c> with names of one protocol; either may be left out (<c>extensions/libxt_tcp.c parse_tcp_ports</c>).</summary>
    /// <exception cref="IptablesException">Not a port, or the first above the last.</exception>
    public static PortRange ParseRange(string text, string protocol, NameDatabase names)
    {
        int colon = text.IndexOf(':');
        if (colon < 0)
        {
            ushort port = NameParser.Port(text, protocol, names);
            return new PortRange(port, port);
        }
        (string low, string high) = (text[..colon], text[(colon + 1)..]);
        PortRange ports = new(
            low.Length == 0 ? (ushort)0 : NameParser.Port(low, protocol, names),
            high.Length == 0 ? ushort.MaxValue : NameParser.Port(high, protocol, names));
        return ports.Low <= ports.High ? ports : throw OptionCall.Error("invalid portrange (min > max)");
    }
}
