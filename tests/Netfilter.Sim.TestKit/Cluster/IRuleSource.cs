using System.Text.Json;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>Where the nodes' rules come from.</summary>
internal interface IRuleSource
{
    /// <summary>Loads the rules of a step into its nodes; says what is wrong with them, or null.</summary>
    CaseFailure? Load(JsonElement step, ClusterTopology topology);
}
