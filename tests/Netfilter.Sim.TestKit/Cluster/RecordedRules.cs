using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Cluster;

/// <summary>The rules that were loaded when a case was recorded.</summary>
internal sealed class RecordedRules(JsonElement root) : IRuleSource
{
    public CaseFailure? Load(JsonElement step, ClusterTopology topology)
    {
        if (!step.TryGetProperty("rules", out JsonElement rules))
        {
            return null;
        }
        foreach (JsonProperty node in rules.EnumerateObject())
        {
            foreach (JsonProperty family in node.Value.EnumerateObject())
            {
                string text = root.GetProperty("ruleSets").GetProperty(family.Value.GetString()!).GetString()!;
                topology[node.Name].Restore(text, family.Name == "IPv4" ? IpFamily.IPv4 : IpFamily.IPv6);
            }
        }
        return null;
    }
}
