namespace Netfilter.Sim.Routing;

/// <summary>What the host does with packets that have passed INPUT (D15).</summary>
public enum LocalStackMode : byte
{
    /// <summary>Answers as Linux does: echo replies, RST for closed TCP ports, ICMP for closed UDP ports and unknown protocols.</summary>
    Answer,

    /// <summary>Takes them and says nothing.</summary>
    Sink,
}
