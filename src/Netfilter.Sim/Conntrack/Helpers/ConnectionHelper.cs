using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>Reads the packets of a connection that announces others (<c>struct nf_conntrack_helper</c>). Stateless.</summary>
internal abstract class ConnectionHelper
{
    /// <summary>Its name, as <c>CT --helper</c> takes and conntrack prints it.</summary>
    public abstract string Name { get; }

    /// <summary>The transport protocols it reads.</summary>
    public abstract bool Reads(byte protocol);

    /// <summary>Whether it reads a family.</summary>
    public virtual bool Reads(IpFamily family) => true;

    /// <summary>How many expectations of a class a connection may have, and for how many seconds they live.</summary>
    public abstract ExpectationPolicy PolicyOf(int expectationClass);

    /// <summary>Reads one packet, right before its connection is confirmed.</summary>
    public abstract Verdict Help(PacketBuffer packet, int connection, WalkContext walk);

    /// <summary>Its connection is taken out of the table.</summary>
    public virtual void OnDestroy(int connection, ConnectionTracker tracker)
    {
    }
}

/// <summary>Limits of expectations (<c>struct nf_conntrack_expect_policy</c>).</summary>
/// <param name="MaxExpected">How many a connection may have at a time; 0 for any number.</param>
/// <param name="TimeoutSeconds">How long one lives.</param>
/// <param name="Name">The name of the class.</param>
internal readonly record struct ExpectationPolicy(int MaxExpected, int TimeoutSeconds, string Name);
