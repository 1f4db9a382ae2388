namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>A case needs something that is not built yet; its message is what.</summary>
public sealed class NotModelledException(string what) : Exception(what);
