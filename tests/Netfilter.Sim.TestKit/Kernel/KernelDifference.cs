namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>A difference between the simulator and the record.</summary>
/// <param name="Cause">What differs, without the values.</param>
/// <param name="Text">How, as a person reads it.</param>
public sealed record KernelDifference(string Cause, string Text);
