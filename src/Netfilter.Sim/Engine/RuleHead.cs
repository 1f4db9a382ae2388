using System.Runtime.CompilerServices;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>The base part of a compiled rule (<c>struct ipt_ip</c>, <c>struct ip6t_ip6</c>), in the order it is compared.</summary>
internal struct RuleHead<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    public TAddress Source, SourceMask, Destination, DestinationMask;
    public ushort Protocol;

    /// <summary>1 + index of the chain's interface test; 0 for none.</summary>
    public ushort Interfaces;

    public IpSpecFlags Flags;

    /// <summary>Whether addresses and protocol are all there is, none inverted.</summary>
    public bool IsPlain;

    /// <summary>Compares a rule that <see cref="IsPlain"/>; equal to <see cref="Check"/> except for broken IPv6 headers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool FitsPlain(in PacketKey<TAddress> key) =>
        key.Destination.Lies(Destination, DestinationMask)
        && key.Source.Lies(Source, SourceMask)
        && (Protocol == 0 || Protocol == key.Protocol);

    /// <summary>
    /// Compares everything and says what failed first: <c>ip_tables.c ip_packet_match</c>,
    /// <c>ip6_tables.c ip6_packet_match</c>.
    /// </summary>
    public readonly RuleCondition Check(in PacketKey<TAddress> key, InterfaceTest[] tests)
    {
        if (key.Source.Lies(Source, SourceMask) == Has(IpSpecFlags.NotSource))
        {
            return RuleCondition.Source;
        }
        if (key.Destination.Lies(Destination, DestinationMask) == Has(IpSpecFlags.NotDestination))
        {
            return RuleCondition.Destination;
        }
        if (Interfaces != 0)
        {
            ref readonly InterfaceTest test = ref tests[Interfaces - 1];
            if (test.FitsIn(key.In) == Has(IpSpecFlags.NotInInterface))
            {
                return RuleCondition.InInterface;
            }
            if (test.FitsOut(key.Out) == Has(IpSpecFlags.NotOutInterface))
            {
                return RuleCondition.OutInterface;
            }
        }
        if (Protocol != 0)
        {
            if (key.IsBroken)
            {
                return RuleCondition.BrokenHeaders;
            }
            if ((Protocol == key.Protocol) == Has(IpSpecFlags.NotProtocol))
            {
                return RuleCondition.Protocol;
            }
        }
        return (Has(IpSpecFlags.Fragment) && !key.IsFragment) != Has(IpSpecFlags.NotFragment)
            ? RuleCondition.Fragment
            : RuleCondition.None;
    }

    private readonly bool Has(IpSpecFlags flag) => (Flags & flag) != 0;
}
