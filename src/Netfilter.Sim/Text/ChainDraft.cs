using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>A chain while it is edited: appended rules are collected and joined when somebody looks.</summary>
internal sealed class ChainDraft(Chain origin)
{
    private RuleSequence _rules = origin.Rules;
    private RuleSequence.Builder? _appended;
    private JumpTarget? _jump, _goto;

    public string Name => origin.Name;

    public bool IsBuiltIn => origin.IsBuiltIn;

    /// <summary>The jump to this chain, one object for all rules.</summary>
    public JumpTarget Jump => _jump ??= new JumpTarget(Name);

    /// <summary>The goto to this chain, one object for all rules.</summary>
    public JumpTarget Goto => _goto ??= new JumpTarget(Name, IsGoto: true);

    public RuleSequence Rules
    {
        get
        {
            if (_appended is not null)
            {
                (_rules, _appended) = (_appended.Build(), null);
            }
            return _rules;
        }

        set => (_rules, _appended) = (value, null);
    }

    public ChainPolicy? Policy { get; set; } = origin.Policy;

    public RuleCounters PolicyCounters { get; set; }

    public void Append(Rule rule, RuleCounters counters)
    {
        if (_appended is null && _rules.Count > 0)
        {
            _rules = _rules.Insert(_rules.Count, rule, counters);
            return;
        }
        (_appended ??= new RuleSequence.Builder()).Add(rule, counters);
    }

    public Chain Build() => new(origin.Name, Rules, Policy, PolicyCounters);
}
