using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Tracing;

/// <summary>One thing that happened on a walk. Sealed kinds for rules and chains; parts of the host add their own.</summary>
public abstract record TraceStep
{
    /// <summary>Number of the packet life that it happened to (<see cref="PacketLife.Number"/>).</summary>
    public int Life { get; internal set; }

    /// <summary>The hook that the packet was at; null between hooks.</summary>
    public Hook? Hook { get; internal set; }

    /// <summary>One line in words, made when it is asked for.</summary>
    public abstract string Text { get; }
}
