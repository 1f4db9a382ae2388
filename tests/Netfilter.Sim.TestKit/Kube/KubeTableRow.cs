namespace Netfilter.Sim.TestKit.Kube;

/// <summary>The outcome of a row.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="IsChecked">Whether it could be checked.</param>
/// <param name="Difference">The first difference, or null.</param>
public sealed record KubeTableRow(string Name, bool IsChecked, string? Difference);
