using System.Globalization;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Tests.Engine;

/// <summary>Random tables in <see cref="RuleLines"/>' language and packets that have a good chance to meet their rules.</summary>
internal sealed class TableGenerators
{
    private const int ChainCount = 5;

    private static readonly int[] Ports = [0, 53, 80, 65535];

    private readonly IpFamily _family;
    private readonly string[] _addresses, _prefixes;

    public TableGenerators(IpFamily family)
    {
        _family = family;
        (_addresses, _prefixes) = family == IpFamily.IPv4
            ? ((string[])["10.0.0.1", "10.0.0.2", "10.0.1.1", "255.255.255.255", "0.0.0.0"],
                (string[])["10.0.0.0/8", "10.0.0.0/24", "0.0.0.0/0", "0.0.0.1/0.0.0.255"])
            : (["fd00::1", "fd00::2", "fd00:0:0:1::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::"],
                ["fd00::/16", "fd00::/64", "::/0", "::1/::ff"]);
    }

    /// <summary>The lines of a table with many rules of the kind that an index takes.</summary>
    public Gen<string[]> Table =>
        from chains in Gen.CollectToArray(Enumerable.Range(-1, ChainCount + 1).Select(Chain))
        from policy in Gen.Elements("ACCEPT", "DROP")
        select chains.SelectMany(lines => lines).Append($"FORWARD policy {policy}").ToArray();

    /// <summary>Packets: whole, short, fragments; TCP, UDP and others; in IPv6 some behind an extension header.</summary>
    public Gen<byte[]> Packet =>
        from source in Gen.Elements(_addresses)
        from destination in Gen.Elements(_addresses)
        from protocol in Gen.Frequency((4, Gen.Constant(6)), (4, Gen.Constant(17)), (1, Gen.Elements(0, 1, 50, 132, 136)))
        from sourcePort in Gen.Elements(Ports)
        from port in Gen.Elements(Ports)
        from fragment in Gen.Frequency((8, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(100)))
        from transportLength in Gen.Frequency((8, Gen.Constant(20)), (2, Gen.Choose(0, 25)))
        from extension in Gen.Frequency((8, Gen.Constant<byte[]>([])), (1, Gen.Constant<byte[]>([0, 0, 1, 4, 0, 0, 0, 0])), (1, Gen.Constant<byte[]>([0, 9])))
        select _family == IpFamily.IPv4
            ? IPv4Bytes(source, destination, protocol, fragment, Transport(sourcePort, port, transportLength))
            : IPv6Bytes(source, destination, protocol, fragment, extension, Transport(sourcePort, port, transportLength));

    private Gen<string[]> Chain(int number) =>
        from count in Gen.Choose(0, 30)
        from rules in Rule(number).ArrayOf(count)
        select rules.Prepend(Name(number)).ToArray();

    private Gen<string> Rule(int chain) =>
        from start in Gen.Constant(Name(chain) + " ")
        from source in Maybe(1, Gen.Elements(_addresses.Concat(_prefixes).ToArray()).Select(text => $"s{Not(text)}={text}"))
        from destination in Maybe(6, Gen.Frequency(
            (5, Gen.Elements(_addresses).Select(text => "d=" + text)),
            (1, Gen.Elements(_addresses).Select(text => "d!=" + text)),
            (1, Gen.Elements(_prefixes).Select(text => "d=" + text))))
        from device in Maybe(1, Gen.Elements("i=eth0", "i!=eth0", "i=eth+", "o=eth1", "o=lo"))
        from fragment in Maybe(_family == IpFamily.IPv4 ? 1 : 0, Gen.Elements("f", "f!"))
        from ports in Maybe(6, PortCondition)
        from other in Maybe(1, Gen.Elements(
            "chance=1073741824", "chance!=715827883", "mark=0", "mark!=0", "mark=7", "state=Invalid", "state!=New", "ctstate=Invalid",
            "ctstate!=Untracked", "comment=y"))
        from target in Target(chain)
        select start + string.Join(' ', new[] { source, destination, device, fragment, ports, other, target }.Where(word => word.Length > 0));

    private static Gen<string> PortCondition =>
        from protocol in Gen.Elements("tcp", "udp")
        from invertsProtocol in Gen.Frequency((9, Gen.Constant("p=")), (1, Gen.Constant("p!=")))
        from comment in Gen.Elements("", "comment=x")
        from port in Gen.Frequency(
            (6, Gen.Elements(Ports).Select(port => Number("dport=", port))), (1, Gen.Elements("dport!=80", "header", "")))
        select invertsProtocol == "p!=" ? $"p!={protocol}" : $"p={protocol} {comment} {port}";

    // Chains only lead to later ones: no loops.
    private static Gen<string> Target(int chain)
    {
        Gen<string> verdict = Gen.Elements("j=ACCEPT", "j=DROP", "j=RETURN");
        Gen<string> nothing = Gen.Constant("");
        return chain + 1 >= ChainCount
            ? Gen.Frequency((3, nothing), (1, verdict))
            : Gen.Frequency(
                (4, nothing),
                (1, verdict),
                (4, Gen.Choose(chain + 1, ChainCount - 1).Select(next => "j=" + Name(next))),
                (1, Gen.Choose(chain + 1, ChainCount - 1).Select(next => "g=" + Name(next))));
    }

    private static Gen<string> Maybe(int weight, Gen<string> word) => Gen.Frequency((weight, word), (3, Gen.Constant("")));

    private static string Not(string text) => text.Length % 5 == 0 ? "!" : "";

    private static string Name(int chain) => chain < 0 ? "FORWARD" : Number("c", chain);

    private static string Number(string prefix, int number) => prefix + number.ToString(CultureInfo.InvariantCulture);

    private static byte[] IPv4Bytes(string source, string destination, int protocol, int fragment, byte[] transport)
    {
        byte[] header = new byte[20];
        (header[0], header[3], header[8], header[9]) = (0x45, (byte)(20 + transport.Length), 64, (byte)protocol);
        (header[6], header[7]) = ((byte)(fragment >> 8), (byte)fragment);
        IPAddress.Parse(source).GetAddressBytes().CopyTo(header, 12);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(header, 16);
        return [.. header, .. transport];
    }

    // The extension header may say that it is longer than the packet; a fragment's header stands behind it.
    private static byte[] IPv6Bytes(string source, string destination, int protocol, int fragment, byte[] extension, byte[] transport)
    {
        const byte HopByHop = 0, Fragment = 44;
        byte inner = (byte)protocol;
        byte[] piece = fragment == 0 ? [] : [inner, 0, (byte)(fragment >> 5), (byte)(fragment << 3), 0, 0, 0, 1];
        inner = fragment == 0 ? inner : Fragment;
        byte[] options = extension.Length == 0 ? [] : [inner, .. extension[1..]];
        byte[] header = new byte[40];
        (header[0], header[5], header[7]) = (0x60, (byte)(options.Length + piece.Length + transport.Length), 64);
        header[6] = extension.Length == 0 ? inner : HopByHop;
        IPAddress.Parse(source).GetAddressBytes().CopyTo(header, 8);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(header, 24);
        return [.. header, .. options, .. piece, .. transport];
    }

    private static byte[] Transport(int sourcePort, int port, int length)
    {
        byte[] transport = new byte[25];
        (transport[0], transport[1], transport[2], transport[3]) =
            ((byte)(sourcePort >> 8), (byte)sourcePort, (byte)(port >> 8), (byte)port);
        transport[12] = 0x50;
        return transport[..length];
    }
}
