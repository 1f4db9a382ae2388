namespace Netfilter.Sim.Conntrack;

/// <summary>By how much the sequence numbers of one direction are shifted (<c>struct nf_ct_seqadj</c>).</summary>
internal struct SequenceAdjustment
{
    /// <summary>The sequence number at which the shift changed last.</summary>
    public uint CorrectionPosition;

    /// <summary>The shift before it.</summary>
    public int OffsetBefore;

    /// <summary>The shift from it on.</summary>
    public int OffsetAfter;
}
