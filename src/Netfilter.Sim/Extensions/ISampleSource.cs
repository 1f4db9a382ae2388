namespace Netfilter.Sim.Extensions;

/// <summary>Where generators of random uses draw from; property tests implement it.</summary>
public interface ISampleSource
{
    /// <summary>A number from 0 to <paramref name="count"/> − 1.</summary>
    int Next(int count);
}
