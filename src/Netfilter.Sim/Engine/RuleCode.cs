using System.Runtime.CompilerServices;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// A compiled rule: the base part in the order it is compared (<c>struct ipt_ip</c>, <c>struct ip6t_ip6</c>), what else it
/// asks, and what it does. All in one place and small, since a walk through a large table waits for memory.
/// </summary>
internal struct RuleCode<TAddress>
    where TAddress : struct, IAddress<TAddress>
{
    public TAddress Source, SourceMask, Destination, DestinationMask;

    /// <summary>
    /// For <see cref="RuleAction.Jump"/> and <see cref="RuleAction.Goto"/>: the chain's slot. For <see cref="RuleAction.Extension"/>
    /// and <see cref="RuleAction.Translate"/>: the target's place in <see cref="CompiledChain{TAddress}.Targets"/>.
    /// </summary>
    public int Argument;

    /// <summary>First of the rule's matches in the chain's list.</summary>
    public int FirstMatch;

    /// <summary>
    /// The parts of <see cref="InlineTest"/>, when it is all that the rule asks besides its base part. For
    /// <see cref="RuleAction.Translate"/>, whose test has none, the address, and flags and port.
    /// </summary>
    public uint TestValue, TestMask;

    public ushort MatchCount;
    public ushort Protocol;

    /// <summary>1 + index of the chain's interface test; 0 for none.</summary>
    public ushort Interfaces;

    /// <summary>The port of the rule's place in an index.</summary>
    public ushort KeyPort;

    /// <summary>The rule's place in an index.</summary>
    public IndexKey Key;

    public IpSpecFlags Flags;
    public RuleAction Action;
    public InlineKind Test;
    public bool TestIsInverted;

    /// <summary>Whether addresses and protocol are all there is to the base part, none inverted.</summary>
    public bool IsPlain;

    /// <summary>Whether TRACE calls it the end of its chain: a verdict without any condition (<c>get_chainname_rulenum</c>).</summary>
    public bool EndsChain;

    /// <summary>Compares a rule that <see cref="IsPlain"/>; equal to <see cref="Check"/> except for broken IPv6 headers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool FitsPlain(in PacketKey<TAddress> key) =>
        key.Destination.Lies(Destination, DestinationMask)
        && key.Source.Lies(Source, SourceMask)
        && (Protocol == 0 || Protocol == key.Protocol);

    /// <summary>
    /// Compares the whole base part and says what failed first: <c>ip_tables.c ip_packet_match</c>,
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
