using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Engine;

/// <summary>
/// What the last check of a table found out, so that the next one has to look at nothing but what changed since.
/// </summary>
/// <param name="table">The table that was checked.</param>
/// <param name="reach">
/// The hooks from which each chain can be reached. May say too much after chains were taken away, never too little.
/// </param>
internal sealed class CheckedTable(Table table, Dictionary<string, Hooks> reach)
{
    /// <summary>The table that was checked.</summary>
    public Table Table { get; set; } = table;

    /// <summary>The hooks from which a chain can be reached, by its name.</summary>
    public Dictionary<string, Hooks> Reach { get; } = reach;
}
