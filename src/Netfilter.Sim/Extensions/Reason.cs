using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions;

/// <summary>Sentences for <see cref="Match.Explain"/>: what was seen against what was wanted.</summary>
internal static class Reason
{
    /// <summary>For example <c>dport 443 is not 80</c>; a negated condition fails because the value <em>is</em> the one.</summary>
    public static string Value<T>(string what, MatchResult result, T wanted, bool negated) =>
        Text(what, result.Seen.ToString(CultureInfo.InvariantCulture), result, wanted, negated);

    /// <summary>As <see cref="Value{T}"/>, with the value in hexadecimal.</summary>
    public static string Hex<T>(string what, MatchResult result, T wanted, bool negated) =>
        Text(what, "0x" + result.Seen.ToString("x", CultureInfo.InvariantCulture), result, wanted, negated);

    /// <summary>As <see cref="Value{T}"/>, with the value as the caller words it.</summary>
    public static string Text<T>(string what, string seen, MatchResult result, T wanted, bool negated) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} {seen} {Verb(result, negated)} {wanted}");

    // "is" when the value is among the wanted: an answer of yes without negation, or of no with it.
    private static string Verb(MatchResult result, bool negated) =>
        (result.Answer == MatchAnswer.Yes) != negated ? "is" : "is not";
}
