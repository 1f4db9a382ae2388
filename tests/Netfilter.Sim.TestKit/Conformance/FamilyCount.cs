namespace Netfilter.Sim.TestKit.Conformance;

/// <summary>How many cases of a family passed.</summary>
/// <param name="Name">The family.</param>
/// <param name="Passed">Number of cases that passed.</param>
/// <param name="Total">Number of cases.</param>
public sealed record FamilyCount(string Name, int Passed, int Total)
{
    /// <summary>The line of the table.</summary>
    public override string ToString() => $"{Name} {Passed}/{Total}";
}
