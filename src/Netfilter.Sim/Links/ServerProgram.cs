using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Links;

/// <summary>A program that listens.</summary>
/// <param name="Name">What it tells its clients.</param>
/// <param name="Host">Name of its host.</param>
/// <param name="Socket">What it listens on.</param>
public sealed record ServerProgram(string Name, string Host, LocalSocket Socket);
