using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Sets;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Text;

/// <summary>What rules name outside themselves, as a namespace has it: its ipsets.</summary>
internal sealed class NamespaceEnvironment(NetworkNamespace host) : RuleEnvironment
{
    /// <inheritdoc/>
    public override SetFacts? FindSet(string name)
    {
        int slot = host.States.Find(new StateKey(IpSetKernel.StateKind, name));
        if (slot < 0)
        {
            return null;
        }
        IpSetHeader header = ((IpSet)host.States.Read(slot)).Header;
        bool hasFamily = header.Type.Fields.Contains(SetField.Ip) || header.Type.HasNets;
        IpFamily? family = hasFamily ? header.Family : null;
        return new SetFacts(name, family, header.Type.Dimension, header.HasCounters, header.HasSkbInfo);
    }
}
