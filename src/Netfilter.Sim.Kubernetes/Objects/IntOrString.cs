using System.Globalization;

namespace Netfilter.Sim.Kubernetes.Objects;

/// <summary>A port given by number or by the name of a container port.</summary>
/// <param name="Number">The number; 0 when a name is given.</param>
/// <param name="Name">The name, or null when a number is given.</param>
public readonly record struct IntOrString(int Number, string? Name = null)
{
    /// <summary>Whether neither a number nor a name is given.</summary>
    public bool IsEmpty => Number == 0 && Name is null;

    /// <summary>A port by number.</summary>
    /// <param name="number">The number.</param>
    public static implicit operator IntOrString(int number) => new(number);

    /// <summary>A port by name.</summary>
    /// <param name="name">The name.</param>
    public static implicit operator IntOrString(string name) => new(0, name);

    /// <summary>A port by number.</summary>
    /// <param name="number">The number.</param>
    public static IntOrString FromInt32(int number) => new(number);

    /// <summary>A port by name.</summary>
    /// <param name="name">The name.</param>
    public static IntOrString FromString(string name) => new(0, name);

    /// <summary>The name, or the number.</summary>
    public override string ToString() => Name ?? Number.ToString(CultureInfo.InvariantCulture);
}
