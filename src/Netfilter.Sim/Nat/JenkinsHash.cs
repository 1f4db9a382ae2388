using System.Numerics;

namespace Netfilter.Sim.Nat;

/// <summary>Bob Jenkins' lookup3 over words, as Linux has it (<c>include/linux/jhash.h jhash2</c>).</summary>
internal static class JenkinsHash
{
    private const uint InitialValue = 0xdeadbeef;

    /// <summary>Hashes one word (<c>jhash_1word</c>).</summary>
    public static uint Hash1(uint word, uint seed) => HashFew(word, 0, 0, 1, seed);

    /// <summary>Hashes three words (<c>jhash_3words</c>).</summary>
    public static uint Hash3(uint word0, uint word1, uint word2, uint seed) => HashFew(word0, word1, word2, 3, seed);

    /// <summary>Hashes four words.</summary>
    public static uint Hash4(uint word0, uint word1, uint word2, uint word3, uint seed)
    {
        unchecked
        {
            uint a = InitialValue + (4 << 2) + seed, b = a, c = a;
            a += word0;
            b += word1;
            c += word2;
            a -= c;
            a ^= BitOperations.RotateLeft(c, 4);
            c += b;
            b -= a;
            b ^= BitOperations.RotateLeft(a, 6);
            a += c;
            c -= b;
            c ^= BitOperations.RotateLeft(b, 8);
            b += a;
            a -= c;
            a ^= BitOperations.RotateLeft(c, 16);
            c += b;
            b -= a;
            b ^= BitOperations.RotateLeft(a, 19);
            a += c;
            c -= b;
            c ^= BitOperations.RotateLeft(b, 4);
            b += a;
            a += word3;
            return Final(a, b, c);
        }
    }

    private static uint HashFew(uint word0, uint word1, uint word2, uint count, uint seed)
    {
        uint start = unchecked(InitialValue + (count << 2) + seed);
        return unchecked(Final(start + word0, start + word1, start + word2));
    }

    private static uint Final(uint a, uint b, uint c)
    {
        unchecked
        {
            c ^= b;
            c -= BitOperations.RotateLeft(b, 14);
            a ^= c;
            a -= BitOperations.RotateLeft(c, 11);
            b ^= a;
            b -= BitOperations.RotateLeft(a, 25);
            c ^= b;
            c -= BitOperations.RotateLeft(b, 16);
            a ^= c;
            a -= BitOperations.RotateLeft(c, 4);
            b ^= a;
            b -= BitOperations.RotateLeft(a, 14);
            c ^= b;
            c -= BitOperations.RotateLeft(b, 24);
            return c;
        }
    }
}
