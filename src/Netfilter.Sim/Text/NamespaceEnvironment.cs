using Netfilter.Sim.Extensions;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Extensions.Targets;

namespace Netfilter.Sim.Text;

/// <summary>What rules of a namespace may name: its own sets, and everything else as another environment knows it.</summary>
internal sealed class NamespaceEnvironment : RuleEnvironment
{
    private readonly NetworkNamespace _host;
    private readonly RuleEnvironment _outer;

    public NamespaceEnvironment(NetworkNamespace host, RuleEnvironment outer)
    {
        (_host, _outer) = (host, outer);
        Names = outer.Names;
    }

    /// <summary>Whether everything that may change is the namespace's own.</summary>
    public bool KnowsOnlyTheHost => ReferenceEquals(_outer, Default);

    public override SetFacts? FindSet(string name) => SetReference.FactsOf(_host.States, name) ?? _outer.FindSet(name);

    public override bool HasAccounting(string name) =>
        _host.States.Find(AccountingState.KeyOf(name)) >= 0 || _outer.HasAccounting(name);

    public override bool HasRateEstimator(string name) =>
        _host.States.Find(EstimatorState.KeyOf(name)) >= 0 || _outer.HasRateEstimator(name);

    public override bool HasCgroup(string path) => _outer.HasCgroup(path);

    public override int? FindConnectionLabel(string name) => _outer.FindConnectionLabel(name);
}
