namespace Netfilter.Sim.Stack;

/// <summary>Numbers of the IPv4 options (<c>include/uapi/linux/ip.h</c>).</summary>
internal static class IpOptionType
{
    public const byte End = 0;
    public const byte NoOperation = 1;
    public const byte RecordRoute = 7;
    public const byte Timestamp = 68;
    public const byte LooseSourceRoute = 131;
    public const byte Cipso = 134;
    public const byte StrictSourceRoute = 137;
    public const byte RouterAlert = 148;
}
