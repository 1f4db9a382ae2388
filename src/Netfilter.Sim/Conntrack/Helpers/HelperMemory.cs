namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>What a helper remembers of one connection (<c>nfct_help_data</c>); each uses the part it needs.</summary>
internal struct HelperMemory
{
    /// <summary>ftp: what it knows of the two directions.</summary>
    public FtpLineEnds OriginalLines, ReplyLines;

    /// <summary>pptp: states of the control session and of the call (<c>struct nf_ct_pptp_master</c>).</summary>
    public byte SessionState, CallState;

    /// <summary>pptp: call ids of client and server as the server sees them.</summary>
    public ushort ClientCallId, ServerCallId;

    /// <summary>pptp: call ids of client and server as the client sees them (<c>struct nf_nat_pptp</c>).</summary>
    public ushort NatClientCallId, NatServerCallId;

    /// <summary>sip: CSeq of the last REGISTER and of the last INVITE (<c>struct nf_ct_sip_master</c>).</summary>
    public uint RegisterSequence, InviteSequence;

    /// <summary>sip: the port that answers go to instead of the one a client sends from; 0 for the same.</summary>
    public ushort ForcedPort;
}

/// <summary>ftp: the sequence numbers that follow the last two line ends of a direction (<c>struct nf_ct_ftp_master</c>).</summary>
internal struct FtpLineEnds
{
    private uint _first;
    private uint _second;
    private byte _count;

    /// <summary>Whether a line has ended right before a sequence number (<c>find_nl_seq</c>).</summary>
    public readonly bool Contains(uint sequence) =>
        (_count > 0 && _first == sequence) || (_count > 1 && _second == sequence);

    /// <summary>Remembers that a line ended right before a sequence number (<c>update_nl_seq</c>).</summary>
    public void Add(uint sequence)
    {
        if (Contains(sequence))
        {
            return;
        }
        if (_count < 2)
        {
            (_count == 0 ? ref _first : ref _second) = sequence;
            _count++;
            return;
        }
        ref uint oldest = ref unchecked((int)(_first - _second)) < 0 ? ref _first : ref _second;
        oldest = unchecked((int)(sequence - oldest)) > 0 ? sequence : oldest;
    }
}
