using FsCheck;
using FsCheck.Fluent;

namespace Netfilter.Sim.TestKit.Generators;

/// <summary>Runs a property on generated values with a pinned seed.</summary>
public static class PropertyCheck
{
    /// <summary>Fails with the value and the exception when the property throws for one.</summary>
    public static void ForAll<T>(Gen<T> generator, Action<T> property, int count = 500, ulong seed = 20240607) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(seed, 1UL | seed),
            Prop.ForAll(generator.ToArbitrary(), property));
}
