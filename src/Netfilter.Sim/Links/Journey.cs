using System.Collections.Immutable;
using System.Text;
using Netfilter.Sim.Engine;

namespace Netfilter.Sim.Links;

/// <summary>The way of a packet over several hosts, with all packets that followed from it.</summary>
/// <param name="Hops">Each host's part, in order.</param>
/// <param name="IsEndless">Whether packets still moved when the journey was given up.</param>
public sealed record Journey(ImmutableArray<Hop> Hops, bool IsEndless)
{
    /// <summary>What was given to hosts, in order.</summary>
    public IEnumerable<(NetworkNamespace Host, DeliveredPacket Packet)> Delivered =>
        Hops.SelectMany(hop => hop.Walk.Delivered.Select(packet => (hop.Host, packet)));

    /// <summary>What became of the packet at the last host that handled anything.</summary>
    public Fate LastFate => Hops[^1].Walk.Fate;

    /// <summary>The walks one after the other, each under the name of its host.</summary>
    public string Explain()
    {
        StringBuilder text = new();
        foreach (Hop hop in Hops)
        {
            text.Append("== ").Append(hop.Host.Name).Append(hop.Device is null ? "" : $", {hop.Device}").Append('\n');
            text.Append(hop.Walk.Explain()).Append('\n');
        }
        return text.ToString();
    }
}
