namespace Netfilter.Sim.Determinism;

/// <summary>Who asks for chance. Each purpose has its own stream, so that a new draw for one shifts no other.</summary>
public enum ChancePurpose : byte
{
    /// <summary>The statistic match in random mode.</summary>
    Statistic,

    /// <summary>A port that NAT picks.</summary>
    NatPort,

    /// <summary>The identification field of a packet that the host makes.</summary>
    PacketIdentification,

    /// <summary>Sequence numbers and cookies that the host makes.</summary>
    SequenceNumber,

    /// <summary>Which unassured connection a full table gives up.</summary>
    EarlyDrop,
}
