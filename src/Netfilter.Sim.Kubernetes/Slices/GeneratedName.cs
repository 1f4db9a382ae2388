using System.Security.Cryptography;
using System.Text;

namespace Netfilter.Sim.Kubernetes.Slices;

/// <summary>Names with five characters at the end, as the API server makes them; here derived, not drawn.</summary>
internal static class GeneratedName
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static string Next(string prefix, string seed, HashSet<string> taken)
    {
        for (int attempt = 0; ; attempt++)
        {
            string name = prefix + "-" + Letters(seed + "#" + attempt, 5);
            if (taken.Add(name))
            {
                return name;
            }
        }
    }

    public static string Letters(string seed, int count)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(seed));
        return string.Create(count, digest, static (text, bytes) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = Alphabet[bytes[i] % Alphabet.Length];
            }
        });
    }
}
