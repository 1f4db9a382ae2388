using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>Where generators of random uses draw from; property tests implement it.</summary>
public interface ISampleSource
{
    /// <summary>The family that the use is for.</summary>
    IpFamily Family { get; }

    /// <summary>A number from 0 to <paramref name="count"/> − 1.</summary>
    int Next(int count);

    /// <summary>An address of the family that documents may use.</summary>
    string NextAddress() => Family == IpFamily.IPv4 ? $"192.0.2.{1 + Next(254)}" : $"2001:db8::{1 + Next(65535):x}";
}
