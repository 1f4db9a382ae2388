using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Netfilter.Sim.Tests.Engine;

/// <summary>Random tables in <see cref="RuleLines"/>' language and packets that have a good chance to meet their rules.</summary>
internal static class TableGenerators
{
    private const int ChainCount = 5;

    private static readonly string[] Addresses = ["10.0.0.1", "10.0.0.2", "10.0.1.1", "255.255.255.255", "0.0.0.0"];
    private static readonly string[] Prefixes = ["10.0.0.0/8", "10.0.0.0/24", "0.0.0.0/0", "0.0.0.1/0.0.0.255"];
    private static readonly int[] Ports = [0, 53, 80, 65535];

    /// <summary>The lines of a table with many rules of the kind that an index takes.</summary>
    public static Gen<string[]> Table =>
        from chains in Gen.CollectToArray(Enumerable.Range(-1, ChainCount + 1).Select(Chain))
        from policy in Gen.Elements("ACCEPT", "DROP")
        select chains.SelectMany(lines => lines).Append($"FORWARD policy {policy}").ToArray();

    /// <summary>Packets: whole, short, fragments; TCP, UDP and others.</summary>
    public static Gen<byte[]> Packet =>
        from source in Gen.Elements(Addresses)
        from destination in Gen.Elements(Addresses)
        from protocol in Gen.Frequency((4, Gen.Constant(6)), (4, Gen.Constant(17)), (1, Gen.Elements(0, 1, 50, 132, 136)))
        from sourcePort in Gen.Elements(Ports)
        from port in Gen.Elements(Ports)
        from fragment in Gen.Frequency((8, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(100)))
        from length in Gen.Frequency((8, Gen.Constant(40)), (2, Gen.Choose(20, 45)))
        select Bytes(source, destination, protocol, sourcePort, port, fragment, length);

    private static Gen<string[]> Chain(int number) =>
        from count in Gen.Choose(0, 30)
        from rules in Rule(number).ArrayOf(count)
        select rules.Prepend(Name(number)).ToArray();

    private static Gen<string> Rule(int chain) =>
        from start in Gen.Constant(Name(chain) + " ")
        from source in Maybe(1, Gen.Elements(Addresses.Concat(Prefixes).ToArray()).Select(text => $"s{Not(text)}={text}"))
        from destination in Maybe(6, Gen.Frequency(
            (5, Gen.Elements(Addresses).Select(text => "d=" + text)),
            (1, Gen.Elements(Addresses).Select(text => "d!=" + text)),
            (1, Gen.Elements(Prefixes).Select(text => "d=" + text))))
        from device in Maybe(1, Gen.Elements("i=eth0", "i!=eth0", "i=eth+", "o=eth1", "o=lo"))
        from fragment in Maybe(1, Gen.Elements("f", "f!"))
        from ports in Maybe(6, PortCondition)
        from other in Maybe(1, Gen.Elements(
            "chance=1073741824", "chance!=715827883", "mark=0", "mark!=0", "state=Invalid", "state!=New", "comment=y"))
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

    private static byte[] Bytes(string source, string destination, int protocol, int sourcePort, int port, int fragment, int length)
    {
        byte[] bytes = new byte[length];
        (bytes[0], bytes[3], bytes[8], bytes[9]) = (0x45, (byte)length, 64, (byte)protocol);
        (bytes[6], bytes[7]) = ((byte)(fragment >> 8), (byte)fragment);
        System.Net.IPAddress.Parse(source).GetAddressBytes().CopyTo(bytes, 12);
        System.Net.IPAddress.Parse(destination).GetAddressBytes().CopyTo(bytes, 16);
        byte[] transport = new byte[25];
        (transport[0], transport[1], transport[2], transport[3]) =
            ((byte)(sourcePort >> 8), (byte)sourcePort, (byte)(port >> 8), (byte)port);
        transport[12] = 0x50;
        transport.AsSpan(0, length - 20).CopyTo(bytes.AsSpan(20));
        return bytes;
    }
}
