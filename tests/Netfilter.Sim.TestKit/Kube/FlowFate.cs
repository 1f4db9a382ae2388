using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Kubernetes.KubeProxy;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.TestKit.Kube;

/// <summary>One way of a flow's packet through a node, in the words of the flow tables.</summary>
/// <param name="Output">Where it is translated to, what a rule did with it, or nothing.</param>
/// <param name="IsMarked">Whether it got the masquerade mark.</param>
/// <param name="IsTranslated">Whether its source was rewritten.</param>
/// <param name="HasLeft">Whether it left the node.</param>
internal sealed record FlowFate(string Output, bool IsMarked, bool IsTranslated, bool HasLeft)
{
    public static FlowFate Of(Walk walk)
    {
        bool isMarked = walk.Steps.Any(step => step is ChainEnterStep { Chain.Name: KubeChains.MarkMasquerade });
        bool isTranslated = walk.Steps.Any(step => step is NatStep { What: "source" });
        return new FlowFate(OutputOf(walk), isMarked, isTranslated, !walk.Emitted.IsEmpty);
    }

    private static string OutputOf(Walk walk)
    {
        foreach (Fate fate in walk.Lives.Where(life => life.Cause is LifeCause.Received or LifeCause.Sent or LifeCause.LoopedBack).Select(life => life.Fate))
        {
            switch (fate.Kind)
            {
                case FateKind.Rejected when fate.Place.IsSomewhere:
                    return "REJECT";
                case FateKind.Dropped when fate.Place.IsSomewhere:
                    return "DROP";
                case FateKind.Unknown:
                    return fate.ToString();
            }
        }
        if (walk.Steps.Any(step => step is NatStep { What: "destination" }))
        {
            Packet? seen = walk.Emitted.Select(emitted => emitted.Packet).Concat(walk.Delivered.Select(delivered => delivered.Packet)).FirstOrDefault();
            return seen is null ? "lost: " + walk.Fate : new NetEndpoint(seen.Destination, seen.DestinationPort ?? 0).ToString();
        }
        bool isAccepted = walk.Steps.Any(step => step is RuleStep
        {
            IsMatch: true, Place: { Table: "filter", Chain.Name: KubeChains.NodePorts },
        } rule && rule.Rule.Target == VerdictTarget.Accept);
        return isAccepted ? "ACCEPT" : "";
    }
}
