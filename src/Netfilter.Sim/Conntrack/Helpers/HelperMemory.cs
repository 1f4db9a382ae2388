namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>What a helper remembers of one connection (<c>nfct_help_data</c>); each uses the part it needs.</summary>
internal struct HelperMemory
{
    /// <summary>ftp: the sequence numbers after the last line ends, two a direction (<c>seq_aft_nl</c>).</summary>
    public uint AfterLine0, AfterLine1, AfterLine2, AfterLine3;

    /// <summary>ftp: how many of them are known, by direction.</summary>
    public byte AfterLineCountOriginal, AfterLineCountReply;

    /// <summary>ftp: a connection picked up in the middle; the next segment counts as following a line.</summary>
    public byte PickUp;

    /// <summary>pptp: state of the control session and of the call; sip: flags.</summary>
    public byte State1, State2;

    /// <summary>pptp: call ids of both ends, and NAT's.</summary>
    public ushort CallId1, CallId2, CallId3;

    /// <summary>sip: sequence number of the last REGISTER; pptp: number of the remembered keys.</summary>
    public uint Number;

    /// <summary>sip: the port that a client's answers are sent to although it sends from another one.</summary>
    public ushort Port;
}
