using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;
using Netfilter.Sim.Text;

namespace Netfilter.Sim;

/// <summary>The rulesets as values.</summary>
public sealed partial class NetworkNamespace
{
    /// <summary>The rules of a family now, with their counters: a value that stays as it is.</summary>
    public Ruleset Ruleset(IpFamily family = IpFamily.IPv4) => Xtables(family).Snapshot();

    /// <summary>
    /// Puts tables in place of those of their names; other tables stay. All or nothing: when the kernel would refuse one, none
    /// is changed. Counters begin as they stand in the tables.
    /// </summary>
    /// <exception cref="Engine.RulesetLoadException">The kernel would refuse it, or <see cref="IsStrict"/> does.</exception>
    public void Load(Ruleset ruleset)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        TableChecker.Refuse(ruleset, new NamespaceEnvironment(this, Extensions.RuleEnvironment.Default), new Extensions.NamedStates(States));
        if (ruleset.Tables.Length > 1)
        {
            Fork().Replace(ruleset);
        }
        Replace(ruleset);
    }

    private void Replace(Ruleset ruleset)
    {
        foreach (Table table in ruleset.Tables)
        {
            Xtables(ruleset.Family).Replace(table, keepsCounters: false, States);
        }
    }
}
