namespace Netfilter.Sim.Stack;

/// <summary>Types of ICMP (<c>include/uapi/linux/icmp.h</c>).</summary>
internal static class IcmpType
{
    public const byte EchoReply = 0;
    public const byte DestinationUnreachable = 3;
    public const byte SourceQuench = 4;
    public const byte Redirect = 5;
    public const byte Echo = 8;
    public const byte TimeExceeded = 11;
    public const byte ParameterProblem = 12;
    public const byte Timestamp = 13;
    public const byte TimestampReply = 14;
    public const byte Highest = 18;

    /// <summary>Whether a type is an error, about which no error is sent (<c>icmp_pointers[].error</c>).</summary>
    public static bool IsError(byte type) =>
        type is DestinationUnreachable or SourceQuench or Redirect or TimeExceeded or ParameterProblem or 1 or 2 or 6 or 7 or 9 or 10;
}

/// <summary>Codes of ICMP.</summary>
internal static class IcmpCode
{
    public const byte NetUnreachable = 0;
    public const byte HostUnreachable = 1;
    public const byte ProtocolUnreachable = 2;
    public const byte PortUnreachable = 3;
    public const byte FragmentationNeeded = 4;
    public const byte SourceRouteFailed = 5;
    public const byte RedirectHost = 1;
    public const byte PacketFiltered = 13;
    public const byte TimeToLive = 0;
}

/// <summary>Types of ICMPv6 (<c>include/uapi/linux/icmpv6.h</c>).</summary>
internal static class Icmpv6Type
{
    public const byte DestinationUnreachable = 1;
    public const byte PacketTooBig = 2;
    public const byte TimeExceeded = 3;
    public const byte ParameterProblem = 4;
    public const byte Echo = 128;
    public const byte EchoReply = 129;
}

/// <summary>Codes of ICMPv6.</summary>
internal static class Icmpv6Code
{
    public const byte NoRoute = 0;
    public const byte AdministrativelyProhibited = 1;
    public const byte NotNeighbour = 2;
    public const byte PortUnreachable = 4;
    public const byte HopLimit = 0;
    public const byte UnknownNextHeader = 1;
}
