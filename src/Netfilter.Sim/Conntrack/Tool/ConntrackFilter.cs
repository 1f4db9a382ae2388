using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Conntrack.Tool;

/// <summary>Which connections a command line means.</summary>
internal static class ConntrackFilter
{
    /// <summary>Whether a connection meets all conditions.</summary>
    /// <param name="entry">The connection.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="readsValues">Whether mark, status and state are conditions; for <c>-U</c> and <c>-I</c> they are values.</param>
    public static bool Accepts(ConntrackEntry entry, ConntrackArguments arguments, bool readsValues)
    {
        if ((arguments.Family ?? entry.Original.Family) != entry.Original.Family
            || (arguments.Protocol ?? entry.Original.Protocol) != entry.Original.Protocol)
        {
            return false;
        }
        return IsIn(entry.Original.Source, arguments.Prefix("--orig-src"))
            && IsIn(entry.Original.Destination, arguments.Prefix("--orig-dst"))
            && IsIn(entry.Reply.Source, arguments.Prefix("--reply-src"))
            && IsIn(entry.Reply.Destination, arguments.Prefix("--reply-dst"))
            && Is(entry.Original.SourcePort, arguments.Port("--orig-port-src"))
            && Is(entry.Original.DestinationPort, arguments.Port("--orig-port-dst"))
            && Is(entry.Reply.SourcePort, arguments.Port("--reply-port-src"))
            && Is(entry.Reply.DestinationPort, arguments.Port("--reply-port-dst"))
            && (arguments.Number("--icmp-type") ?? entry.Original.IcmpType) == entry.Original.IcmpType
            && (arguments.Number("--icmp-code") ?? entry.Original.IcmpCode) == entry.Original.IcmpCode
            && (arguments.Number("--icmp-id") ?? entry.Original.SourcePort) == entry.Original.SourcePort
            && IsInZone(entry, arguments)
            && (!readsValues || HasValues(entry, arguments))
            && IsTranslated(entry, arguments);
    }

    private static bool IsIn(NetAddress address, NetPrefix? prefix) => prefix is not { } given || given.Contains(address);

    private static bool Is(ushort port, ushort? wanted) => wanted is null || port == wanted;

    private static bool HasValues(ConntrackEntry entry, ConntrackArguments arguments)
    {
        if (arguments.Mark() is { } mark && (entry.Mark & mark.Mask) != mark.Value)
        {
            return false;
        }
        if (arguments.Status() is { } status && (entry.Status & status) != status)
        {
            return false;
        }
        return arguments.State() is not { } state || entry.TcpState == state;
    }

    private static bool IsInZone(ConntrackEntry entry, ConntrackArguments arguments)
    {
        ConntrackZone zone = entry.Zone;
        return Is(zone.Directions == ConntrackZoneDirections.Both ? zone.Id : (ushort)0, arguments.Port("--zone"))
            && Is(zone.IdIn(ConnectionDirection.Original), arguments.Port("--orig-zone"))
            && Is(zone.IdIn(ConnectionDirection.Reply), arguments.Port("--reply-zone"));
    }

    /// <summary>
    /// <c>filter_nat</c>, with the oddities of libnetfilter_conntrack: of IPv6 addresses only the first four bytes are
    /// compared and an address that was asked for does not count, and ICMP's identifier, type and code are taken for ports.
    /// </summary>
    private static bool IsTranslated(ConntrackEntry entry, ConntrackArguments arguments)
    {
        bool any = arguments.Has("--any-nat");
        bool wantsSource = any || arguments.Has("--src-nat"), wantsDestination = any || arguments.Has("--dst-nat");
        ConnectionTuple original = entry.Original, reply = entry.Reply;
        bool isSource = wantsSource && IsTranslated(
            entry.Status & ConnectionStatus.SourceNatDone,
            (original.Source, original.SourcePort),
            (reply.Destination, reply.DestinationPort),
            arguments.Text("--src-nat") ?? arguments.Text("--any-nat") ?? "");
        bool isDestination = wantsDestination && IsTranslated(
            entry.Status & ConnectionStatus.DestinationNatDone,
            (original.Destination, original.DestinationPort),
            (reply.Source, reply.SourcePort),
            arguments.Text("--dst-nat") ?? arguments.Text("--any-nat") ?? "");
        return any ? isSource || isDestination : isSource == wantsSource && isDestination == wantsDestination;
    }

    private static bool IsTranslated(
        ConnectionStatus done, (NetAddress Address, ushort Port) before, (NetAddress Address, ushort Port) after, string wanted)
    {
        if (done == ConnectionStatus.None)
        {
            return false;
        }
        bool hasAddress = FirstWord(before.Address) != FirstWord(after.Address), hasPort = before.Port != after.Port;
        (NetAddress? address, ushort? port) = Target(wanted);
        if (address is { Family: IpFamily.IPv4 } wantedAddress && !(hasAddress && after.Address == wantedAddress))
        {
            return false;
        }
        if (port is { } wantedPort)
        {
            return hasPort && after.Port == wantedPort;
        }
        return address is { Family: IpFamily.IPv4 } || hasAddress || hasPort;
    }

    /// <summary>Reads <c>address</c> or <c>address:port</c>, an IPv6 address before a port in brackets; nothing is any.</summary>
    /// <exception cref="ConntrackToolException">It is neither (<c>conntrack.c nat_parse</c>: the port is looked at first).</exception>
    public static (NetAddress? Address, ushort? Port) Target(string text)
    {
        if (text.Length == 0)
        {
            return (null, null);
        }
        if (NetAddress.TryParse(text, out NetAddress whole))
        {
            return (whole, null);
        }
        int colon = text[0] == '[' ? text.IndexOf("]:", StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        bool hasPort = text[0] == '[' ? colon > 0 : colon >= 0;
        string address = hasPort ? text[..colon].Trim('[', ']') : text;
        string number = hasPort ? text[(colon + 1)..] : "0";
        if (number.Length == 0)
        {
            throw ConntrackToolException.Usage("No port specified after `:'");
        }
        if (!ushort.TryParse(number, System.Globalization.NumberStyles.None, null, out ushort port))
        {
            throw ConntrackToolException.Usage($"Invalid port `{number}'");
        }
        return NetAddress.TryParse(address, out NetAddress parsed)
            ? (parsed, hasPort ? port : null)
            : throw ConntrackToolException.Usage($"Invalid IP address `{address}'");
    }

    private static uint FirstWord(NetAddress address) =>
        address.Family == IpFamily.IPv4 ? address.IPv4Bits : (uint)(address.Bits >> 96);
}
