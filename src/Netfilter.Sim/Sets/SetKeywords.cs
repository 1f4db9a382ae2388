namespace Netfilter.Sim.Sets;

/// <summary>A word that may stand behind a set's type or an element (<c>struct ipset_arg</c>).</summary>
/// <param name="Name">The word, without the dashes of its old form.</param>
/// <param name="TakesValue">Whether a value follows.</param>
/// <param name="IsIgnored">Whether it is of an older syntax, and only warned about.</param>
internal readonly record struct SetKeyword(string Name, bool TakesValue = true, bool IsIgnored = false);

/// <summary>The words that each type takes, and their reading (<c>ipset/lib/ipset.c call_parser</c>).</summary>
internal static class SetKeywords
{
    private static readonly SetKeyword[] Everywhere =
        [new("timeout"), new("counters", false), new("comment", false), new("skbinfo", false)];

    private static readonly SetKeyword[] OfHashes =
    [
        new("family"), new("-4", false), new("-6", false), new("hashsize"), new("maxelem"), new("forceadd", false), new("bucketsize"),
        new("initval"),
    ];

    private static readonly SetKeyword[] OfElements =
    [
        new("timeout"), new("packets"), new("bytes"), new("comment"), new("skbmark"), new("skbprio"), new("skbqueue"),
    ];

    /// <summary>The words behind <c>create</c> and a type's name.</summary>
    public static IEnumerable<SetKeyword> OfCreate(IpSetType type) => Everywhere.Concat(type switch
    {
        { IsList: true } => [new SetKeyword("size")],
        { Name: "bitmap:port" } => [new SetKeyword("range"), new("from"), new("to")],
        { IsBitmap: true } => [new SetKeyword("range"), new("network"), new("from"), new("to"), .. MasksOf(type)],
        _ => [.. OfHashes, .. MasksOf(type), .. OldOf(type.Name)],
    });

    /// <summary>The words behind an element of <c>add</c>, <c>del</c> and <c>test</c>.</summary>
    public static IEnumerable<SetKeyword> OfElement(IpSetType type, SetCommand command)
    {
        IEnumerable<SetKeyword> values = command == SetCommand.Add ? OfElements : [];
        if (type.IsList)
        {
            return values.Concat([new SetKeyword("before"), new("after")]);
        }
        values = type.HasNets && command != SetCommand.Delete ? values.Append(new SetKeyword("nomatch", false)) : values;
        return type.Name == "hash:net,iface" && command == SetCommand.Add ? values.Append(new SetKeyword("wildcard", false)) : values;
    }

    /// <summary>Splits words into keywords with their values, one when it is asked for.</summary>
    /// <param name="words">The words.</param>
    /// <param name="known">The keywords.</param>
    /// <exception cref="IpSetException">A word is no keyword, or its value is missing.</exception>
    public static IEnumerable<(SetKeyword Keyword, string Value)> Read(IReadOnlyList<string> words, IEnumerable<SetKeyword> known)
    {
        SetKeyword[] table = [.. known];
        for (int i = 0; i < words.Count; i++)
        {
            string name = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i][2..] : words[i];
            int at = Array.FindIndex(table, keyword => keyword.Name == name);
            if (at < 0)
            {
                throw IpSetException.Usage($"Unknown argument: `{words[i]}'");
            }
            string value = "";
            if (table[at].TakesValue)
            {
                value = ++i < words.Count ? words[i] : throw IpSetException.Usage($"Missing mandatory argument of option `{name}'");
            }
            yield return (table[at], value);
        }
    }

    private static IEnumerable<SetKeyword> MasksOf(IpSetType type) => type.Name switch
    {
        "bitmap:ip" => [new SetKeyword("netmask")],
        "hash:ip" or "hash:ip,port" => [new SetKeyword("netmask"), new("bitmask")],
        _ => [],
    };

    private static IEnumerable<SetKeyword> OldOf(string type)
    {
        string[] names = type switch
        {
            "hash:ip" => ["probes", "resize", "gc"],
            "hash:net" => ["probes", "resize"],
            "hash:ip,port" or "hash:ip,port,ip" or "hash:ip,port,net" => ["probes", "resize", "from", "to", "network"],
            _ => [],
        };
        return names.Select(name => new SetKeyword(name, IsIgnored: true));
    }
}
