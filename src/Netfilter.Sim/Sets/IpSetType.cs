using System.Collections.Immutable;

namespace Netfilter.Sim.Sets;

/// <summary>A type of set (<c>net/netfilter/ipset/ip_set_*.c</c>): those that the recording kernel has.</summary>
internal sealed record IpSetType
{
    private IpSetType(string name, int revision, params ImmutableArray<SetField> fields)
    {
        Name = name;
        Revision = revision;
        Fields = fields;
    }

    /// <summary>All types.</summary>
    public static ImmutableArray<IpSetType> All { get; } =
    [
        new("bitmap:ip", 3, SetField.Ip),
        new("bitmap:ip,mac", 3, SetField.Ip, SetField.Mac),
        new("bitmap:port", 3, SetField.Port),
        new("hash:ip", 6, SetField.Ip),
        new("hash:ip,port", 7, SetField.Ip, SetField.Port),
        new("hash:ip,port,ip", 6, SetField.Ip, SetField.Port, SetField.Ip),
        new("hash:ip,port,net", 8, SetField.Ip, SetField.Port, SetField.Net),
        new("hash:net", 7, SetField.Net),
        new("hash:net,iface", 8, SetField.Net, SetField.Interface),
        new("hash:net,port", 8, SetField.Net, SetField.Port),
        new("list:set", 3, SetField.Set),
    ];

    /// <summary>Types that the tool knows and this kernel does not have.</summary>
    private static ImmutableArray<string> NotInKernel { get; } =
        ["hash:mac", "hash:ip,mac", "hash:ip,mark", "hash:net,net", "hash:net,port,net"];

    /// <summary>The name, for example <c>hash:ip,port</c>.</summary>
    public string Name { get; }

    /// <summary>The newest revision of the type.</summary>
    public int Revision { get; }

    /// <summary>The parts of an element.</summary>
    public ImmutableArray<SetField> Fields { get; }

    /// <summary>Number of directions that a rule must give (<c>set-&gt;type-&gt;dimension</c>).</summary>
    public int Dimension => Fields.Length;

    /// <summary>Whether elements are bits of a range.</summary>
    public bool IsBitmap => Name.StartsWith("bitmap:", StringComparison.Ordinal);

    /// <summary>Whether elements lie in a hash.</summary>
    public bool IsHash => Name.StartsWith("hash:", StringComparison.Ordinal);

    /// <summary>Whether it is a list of other sets.</summary>
    public bool IsList => Fields[0] == SetField.Set;

    /// <summary>Whether elements can be marked <c>nomatch</c>.</summary>
    public bool HasNets => Fields.Contains(SetField.Net);

    /// <summary>The type of a name, or null.</summary>
    public static IpSetType? Find(string name)
    {
        string known = NewName(name);
        return All.FirstOrDefault(type => type.Name == known);
    }

    /// <summary>Whether the tool knows a type that the kernel does not have.</summary>
    public static bool IsNotInKernel(string name) => NotInKernel.Contains(NewName(name));

    // What types were called before they had a method and fields.
    private static string NewName(string name) => name switch
    {
        "ipmap" => "bitmap:ip",
        "macipmap" => "bitmap:ip,mac",
        "portmap" => "bitmap:port",
        "iphash" => "hash:ip",
        "nethash" => "hash:net",
        "ipporthash" => "hash:ip,port",
        "ipportiphash" => "hash:ip,port,ip",
        "ipportnethash" => "hash:ip,port,net",
        "netporthash" => "hash:net,port",
        "netifacehash" => "hash:net,iface",
        "machash" => "hash:mac",
        "ipmachash" => "hash:ip,mac",
        "setlist" => "list:set",
        _ => name,
    };
}
