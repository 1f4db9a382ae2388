namespace Netfilter.Sim.State;

/// <summary>The name under which rules share a state, for example (<c>recent</c>, <c>DEFAULT</c>).</summary>
/// <param name="Kind">The kind of state; the extension's name, with the family where the kernel keeps them apart.</param>
/// <param name="Name">The name that rules give.</param>
public readonly record struct StateKey(string Kind, string Name);
