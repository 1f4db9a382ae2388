using Netfilter.Sim.Rules;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Extensions;

/// <summary>
/// The states that rules share by name while a table is checked: those that are there, and those that the table's own rules
/// would make, which the kernel makes rule by rule.
/// </summary>
internal sealed class NamedStates(RuleStateStore store)
{
    private readonly Dictionary<StateKey, RuleState> _made = [];

    /// <summary>The state of a name, or null.</summary>
    public RuleState? Find(StateKey key) =>
        store.Find(key) is >= 0 and int slot ? store.Read(slot) : _made.GetValueOrDefault(key);

    /// <summary>A rule that was taken makes its state, unless there is one of that name.</summary>
    public void Add(StateDeclaration state)
    {
        if (state.Shared is { } key && Find(key) is null)
        {
            _made.Add(key, state.Create());
        }
    }
}
