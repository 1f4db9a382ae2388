namespace Netfilter.Sim.Determinism;

/// <summary>A script of answers does not fit the questions.</summary>
/// <param name="message">Which question, and what the script has for it.</param>
public sealed class ScriptedChanceException(string message) : InvalidOperationException(message);
