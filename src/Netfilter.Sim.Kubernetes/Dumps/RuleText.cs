using System.Globalization;
using Netfilter.Sim.Kubernetes.Addressing;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Dumps;

/// <summary>Brings a rule to a form in which what kube-proxy writes and what iptables-save prints of it are
/// equal.</summary>
/// <remarks>Only what kube-proxy's rules use is understood; the rest is compared word by word.</remarks>
public static class RuleText
{
    /// <summary>The comparable form of a rule line.</summary>
    /// <param name="line">The line, from <c>-A</c> on, with or without counters before it.</param>
    /// <returns>The chain, then the parts of the rule in text order.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="line"/> is null.</exception>
    public static string Canonical(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        List<string> words = Split(line);
        int start = words.IndexOf("-A");
        if (start < 0 || start + 1 >= words.Count)
        {
            return line;
        }
        var parts = new List<string>();
        for (int i = start + 2; i < words.Count;)
        {
            i = ReadPart(words, i, parts);
        }
        parts.Sort(StringComparer.Ordinal);
        return words[start + 1] + " " + string.Join(" | ", parts);
    }

    /// <summary>The words of a line; quotes hold words together and are taken off.</summary>
    internal static List<string> Split(string line)
    {
        var words = new List<string>();
        var word = new System.Text.StringBuilder();
        bool quoted = false;
        bool any = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '\\' && quoted && i + 1 < line.Length)
            {
                word.Append(line[++i]);
            }
            else if (c == '"')
            {
                quoted = !quoted;
                any = true;
            }
            else if (c is ' ' or '\t' && !quoted)
            {
                if (any || word.Length > 0)
                {
                    words.Add(word.ToString());
                }
                word.Clear();
                any = false;
            }
            else
            {
                word.Append(c);
            }
        }
        if (any || word.Length > 0)
        {
            words.Add(word.ToString());
        }
        return words;
    }

    private static int ReadPart(List<string> words, int at, List<string> parts)
    {
        bool negated = words[at] == "!";
        at += negated ? 1 : 0;
        if (at >= words.Count)
        {
            return at;
        }
        string option = words[at++];
        var values = new List<string>();
        while (at < words.Count && words[at] != "!" && !IsOption(words[at]))
        {
            values.Add(words[at++]);
        }
        if (Normalise(option, string.Join(' ', values)) is { } part)
        {
            parts.Add(negated ? "! " + part : part);
        }
        return at;
    }

    private static bool IsOption(string word) =>
        word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]) && word != "->";

    // Null leaves a part out: what the tool adds or drops by itself says nothing.
    private static string? Normalise(string option, string value) => (option, value) switch
    {
        ("-m", _) or ("--rsource", _) or ("--mask", _) => null,
        ("--reject-with", "icmp-port-unreachable" or "icmp6-port-unreachable") => null,
        ("-s" or "-d", _) => option + " " + Network(value),
        ("--probability", _) => option + " " + Chance(value),
        ("--or-mark", _) => "--set-xmark " + Number(value) + "/" + Number(value),
        ("--xor-mark", _) => "--set-xmark " + Number(value) + "/0x0",
        ("--mark" or "--set-xmark", _) => option + " " + string.Join('/', value.Split('/').Select(Number)),
        ("--ctstate", _) => option + " " + string.Join(',', value.Split(',').Order(StringComparer.Ordinal)),
        _ => value.Length == 0 ? option : option + " " + value,
    };

    private static string Network(string text)
    {
        if (KubePrefix.TryParse(text, out KubePrefix prefix))
        {
            return prefix.ToString();
        }
        return KubeAddress.TryParse(text, out KubeAddress address)
            ? address + (address.Family == IPFamily.IPv4 ? "/32" : "/128")
            : text;
    }

    // The kernel keeps 31 bits of a probability, so two texts of the same bits are the same.
    private static string Chance(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double chance)
            ? Math.Round(chance * 2147483648.0, MidpointRounding.AwayFromZero).ToString(CultureInfo.InvariantCulture)
            : text;

    private static string Number(string text)
    {
        bool hex = text.StartsWith("0x", StringComparison.Ordinal);
        NumberStyles style = hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        return uint.TryParse(hex ? text[2..] : text, style, CultureInfo.InvariantCulture, out uint number)
            ? string.Create(CultureInfo.InvariantCulture, $"0x{number:x}")
            : text;
    }
}
