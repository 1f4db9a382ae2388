using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Nat;

/// <summary>Which end of a packet is translated (<c>enum nf_nat_manip_type</c>).</summary>
public enum NatManip : byte
{
    /// <summary>Source address and port.</summary>
    Source,

    /// <summary>Destination address and port.</summary>
    Destination,
}

/// <summary>What the kind of translation implies.</summary>
internal static class NatManipExtensions
{
    /// <summary>What is translated at a hook (<c>HOOK2MANIP</c>).</summary>
    public static NatManip ManipAt(Hook hook) =>
        hook is Hook.PostRouting or Hook.LocalIn ? NatManip.Source : NatManip.Destination;

    /// <summary>The other end.</summary>
    public static NatManip Opposite(this NatManip manip) => (NatManip)(1 - (int)manip);
}
