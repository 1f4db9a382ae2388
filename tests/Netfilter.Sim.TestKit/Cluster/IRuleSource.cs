using System.Text.Json;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>Where the nodes' rules come from.</summary>
internal interface IRuleSource
{
    /// <summary>Loads the rules of a step into its nodes.</summary>
    void Load(JsonElement step, ClusterTopology topology);
}
