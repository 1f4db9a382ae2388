namespace Netfilter.Sim.Conntrack;

// The transition table and the valid combinations of flags.
internal static partial class TcpTracker
{
    // States, ignored, invalid: short names so that the table can be read as one.
    private const byte No = (byte)TcpState.None;
    private const byte Ss = (byte)TcpState.SynSent;
    private const byte Sr = (byte)TcpState.SynReceived;
    private const byte Es = (byte)TcpState.Established;
    private const byte Fw = (byte)TcpState.FinWait;
    private const byte Cw = (byte)TcpState.CloseWait;
    private const byte La = (byte)TcpState.LastAck;
    private const byte Tw = (byte)TcpState.TimeWait;
    private const byte Cl = (byte)TcpState.Close;
    private const byte S2 = (byte)TcpState.SynSent2;
    private const byte Iv = 10;
    private const byte Ig = 11;

    private const int StateCount = 10;
    private const int FlagSetCount = 6;

    // Direction, flags, old state: new state (tcp_conntracks). "Ignored" passes as ESTABLISHED and changes nothing: we may
    // be out of step, and the answer will tell. "Invalid" cannot belong here.
    private static ReadOnlySpan<byte> Transitions =>
    [
        // Original direction. Old state:
        // No  Ss  Sr  Es  Fw  Cw  La  Tw  Cl  S2
        Ss, Ss, Ig, Ig, Ig, Ig, Ig, Ss, Ss, S2, // SYN opens, again after the end; elsewhere the peer answers with a challenge
        Iv, Iv, Sr, Iv, Iv, Iv, Iv, Iv, Iv, Sr, // SYN ACK comes from the client only in a simultaneous open
        Iv, Iv, Fw, Fw, La, La, La, Tw, Cl, Iv, // FIN begins the end, or is the second one, or comes again
        Es, Iv, Es, Es, Cw, Cw, Tw, Tw, Cl, Iv, // ACK completes the handshake and each half of the end; first packet: taken over
        Iv, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, // RST ends everything that there was
        Iv, Iv, Iv, Iv, Iv, Iv, Iv, Iv, Iv, Iv, // no flag that counts

        // Reply direction. Old state:
        // No  Ss  Sr  Es  Fw  Cw  La  Tw  Cl  S2
        Iv, S2, Iv, Iv, Iv, Iv, Iv, Ss, Iv, S2, // SYN crosses the client's, or the server opens anew with changed roles
        Iv, Sr, Ig, Ig, Ig, Ig, Ig, Ig, Ig, Sr, // SYN ACK answers, or answers a SYN that was ignored
        Iv, Iv, Fw, Fw, La, La, La, Tw, Cl, Iv, // FIN as above
        Iv, Ig, Sr, Es, Cw, Cw, Tw, Tw, Cl, Ig, // ACK; to a bare SYN it hints at a half-open connection
        Iv, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, // RST
        Iv, Iv, Iv, Iv, Iv, Iv, Iv, Iv, Iv, Iv, // no flag that counts
    ];

    private static byte Transition(ConnectionDirection direction, TcpFlagSet flags, byte state) =>
        Transitions[((((int)direction * FlagSetCount) + (int)flags) * StateCount) + state];

    /// <summary>Whether FIN, SYN, RST, ACK and URG make sense together (<c>tcp_valid_flags</c>).</summary>
    private static bool AreFlagsValid(byte flags) => (flags & 0x37) is
        0x02 or 0x22 or 0x12 // SYN, with URG, with ACK
        or 0x04 or 0x14 // RST, with ACK
        or 0x11 or 0x31 // FIN and ACK, with URG
        or 0x10 or 0x30; // ACK, with URG
}
