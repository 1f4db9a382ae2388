using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>Whether an option takes a word (<c>has_arg</c> of <c>struct option</c>).</summary>
internal enum ArgumentNeed : byte
{
    No = 0,
    Required = 1,
    Optional = 2,
}

/// <summary>A long option that the scanner knows: a base option by its letter, or an option of a loaded extension.</summary>
/// <param name="Name">The name without dashes.</param>
/// <param name="Need">Whether it takes a word.</param>
/// <param name="Letter">The base option's letter; <c>'\0'</c> for an extension's.</param>
/// <param name="Extension">The extension.</param>
/// <param name="Spec">The extension's option.</param>
/// <param name="Load">Which loading of extensions brought it: one that is loaded twice has its options twice.</param>
internal readonly record struct LongOption(
    string Name, ArgumentNeed Need, char Letter, ExtensionDeclaration? Extension = null, OptionSpec? Spec = null,
    int Load = 0)
{
    /// <summary>Whether two names mean the same, so that a prefix of both is not ambiguous.</summary>
    public bool MeansSameAs(in LongOption other) =>
        Need == other.Need && Letter == other.Letter && Load == other.Load
        && ReferenceEquals(Extension, other.Extension) && ReferenceEquals(Spec, other.Spec);
}
