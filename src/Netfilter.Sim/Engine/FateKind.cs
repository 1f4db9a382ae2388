namespace Netfilter.Sim.Engine;

/// <summary>What can become of a packet.</summary>
public enum FateKind : byte
{
    /// <summary>Not decided yet.</summary>
    None,

    /// <summary>It left by an interface.</summary>
    Forwarded,

    /// <summary>It was given to the local host.</summary>
    Delivered,

    /// <summary>It was thrown away without a word: by a rule, a policy, a check of the IP layer.</summary>
    Dropped,

    /// <summary>It was thrown away and its sender was told.</summary>
    Rejected,

    /// <summary>The host keeps it: a fragment waiting for the others, a frame waiting for an address.</summary>
    Held,

    /// <summary>It went on as another packet of the same walk: reassembled from fragments, or split into them.</summary>
    Replaced,

    /// <summary>Something on its way is not modelled.</summary>
    Unknown,
}
