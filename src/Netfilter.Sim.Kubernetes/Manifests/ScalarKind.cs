using System.Globalization;

namespace Netfilter.Sim.Kubernetes.Manifests;

/// <summary>The type a scalar resolves to.</summary>
internal enum ScalarKind
{
    Text,
    Integer,
    Float,
    Boolean,
    Null,
}

/// <summary>Resolves plain scalars as kubectl's YAML library does (YAML 1.1 booleans included).</summary>
internal static class ScalarKinds
{
    public static ScalarKind Resolve(string plain) => plain switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        "yes" or "Yes" or "YES" or "no" or "No" or "NO" => ScalarKind.Boolean,
        "on" or "On" or "ON" or "off" or "Off" or "OFF" => ScalarKind.Boolean,
        _ when long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) =>
            ScalarKind.Integer,
        _ when LooksNumeric(plain) &&
            double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out _) => ScalarKind.Float,
        _ => ScalarKind.Text,
    };

    public static bool IsTrue(string text) => text[0] is 't' or 'T' or 'y' or 'Y' || text is "on" or "On" or "ON";

    private static bool LooksNumeric(string plain) => plain[0] is '+' or '-' or '.' or (>= '0' and <= '9');
}
