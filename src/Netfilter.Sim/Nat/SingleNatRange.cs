using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Nat;

/// <summary>
/// A range kept small: one IPv4 address and at most one port are two numbers, since large rulesets have one for each
/// endpoint; any other is kept as it is.
/// </summary>
internal readonly record struct SingleNatRange
{
    private const int FlagsShift = 16;

    private readonly object? _other;

    public SingleNatRange(in NatRange range)
    {
        if (range.MinAddress.Family == IpFamily.IPv4 && range.MinAddress == range.MaxAddress
            && range.MinPort == range.MaxPort && range.BasePort == 0 && ((uint)range.Flags >> FlagsShift) == 0)
        {
            (Address, FlagsAndPort) = (range.MinAddress.IPv4Bits, ((uint)range.Flags << FlagsShift) | range.MinPort);
        }
        else
        {
            _other = range;
        }
    }

    public bool IsSingle => _other is null;

    public uint Address { get; }

    public uint FlagsAndPort { get; }

    public NatRange Value => _other is NatRange range ? range : Unpack(Address, FlagsAndPort);

    public static NatRange Unpack(uint address, uint flagsAndPort)
    {
        NetAddress only = new(address);
        ushort port = (ushort)flagsAndPort;
        return new NatRange((NatRangeFlags)(flagsAndPort >> FlagsShift), only, only, port, port);
    }
}
