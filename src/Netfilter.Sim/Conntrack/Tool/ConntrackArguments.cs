using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Tool;

/// <summary>What a conntrack command line says.</summary>
internal sealed class ConntrackArguments
{
    // Long names and what else the tool calls them.
    private static readonly (string Name, string[] Aliases)[] Names =
    [
        ("--orig-src", ["-s", "--src"]),
        ("--orig-dst", ["-d", "--dst"]),
        ("--reply-src", ["-r"]),
        ("--reply-dst", ["-q"]),
        ("--protonum", ["-p", "--proto"]),
        ("--family", ["-f"]),
        ("--timeout", ["-t"]),
        ("--status", ["-u"]),
        ("--zone", ["-w"]),
        ("--mark", ["-m"]),
        ("--src-nat", ["-n"]),
        ("--dst-nat", ["-g"]),
        ("--any-nat", ["-j"]),
        ("--output", ["-o"]),
        ("--label", ["-l"]),
        ("--event-mask", ["-e"]),
        ("--buffer-size", ["-b"]),
        ("--secmark", ["-c"]),
        ("--orig-port-src", ["--sport"]),
        ("--orig-port-dst", ["--dport"]),
        ("--dump", ["-L"]),
        ("--get", ["-G"]),
        ("--delete", ["-D"]),
        ("--create", ["-I"]),
        ("--update", ["-U"]),
        ("--flush", ["-F"]),
        ("--count", ["-C"]),
        ("--zero", ["-z"]),
        ("--event", ["-E"]),
        ("--stats", ["-S"]),
    ];

    private static readonly Dictionary<string, string> Aliases = Names
        .SelectMany(entry => entry.Aliases.Select(alias => (alias, entry.Name)))
        .ToDictionary(entry => entry.alias, entry => entry.Name, StringComparer.Ordinal);

    private static readonly string[] Commands =
        ["--dump", "--get", "--delete", "--create", "--update", "--flush", "--count"];

    private static readonly string[] WithValue =
    [
        "--orig-src", "--orig-dst", "--reply-src", "--reply-dst", "--protonum", "--family", "--timeout", "--status", "--zone",
        "--mark", "--output", "--label", "--event-mask", "--buffer-size", "--secmark", "--orig-zone", "--reply-zone",
        "--label-add", "--label-del",
    ];

    private static readonly string[] PortOptions =
        ["--orig-port-src", "--orig-port-dst", "--reply-port-src", "--reply-port-dst"];

    private static readonly string[] IcmpOptions = ["--icmp-type", "--icmp-code", "--icmp-id"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private ConntrackArguments()
    {
    }

    /// <summary>The command's long name, for example <c>--dump</c>.</summary>
    public string Command { get; private set; } = "";

    /// <summary>Whether it is about expectations.</summary>
    public bool IsAboutExpectations { get; private set; }

    /// <summary>The family that was named, or that of the addresses; null for none.</summary>
    public IpFamily? Family { get; private set; }

    /// <summary>The protocol; null for any.</summary>
    public byte? Protocol { get; private set; }

    /// <summary>Reads a command line without the program's name.</summary>
    /// <exception cref="ConntrackToolException">The tool refuses it.</exception>
    public static ConntrackArguments Parse(IReadOnlyList<string> words)
    {
        ConntrackArguments arguments = new();
        List<string> protocolOptions = [];
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            int equals = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=', StringComparison.Ordinal) : -1;
            string? glued = equals >= 0 ? word[(equals + 1)..] : null;
            string option = equals >= 0 ? word[..equals] : word;
            option = Aliases.GetValueOrDefault(option, option);
            string? next = i + 1 < words.Count && !words[i + 1].StartsWith('-') ? words[i + 1] : null;
            if (Commands.Contains(option))
            {
                arguments.Command = option;
                arguments.IsAboutExpectations = next is "expect";
                i += next is "expect" or "conntrack" ? 1 : 0;
            }
            else if (option is "--src-nat" or "--dst-nat" or "--any-nat")
            {
                arguments._values[option] = glued ?? next ?? "";
                i += glued is null && next is not null ? 1 : 0;
            }
            else if (WithValue.Contains(option) || PortOptions.Contains(option) || IcmpOptions.Contains(option) || option == "--state")
            {
                string? value = glued ?? (i + 1 < words.Count ? words[++i] : null);
                arguments._values[option] = value ?? throw ConntrackToolException.Usage($"option `{word}' requires an argument");
                if (!WithValue.Contains(option))
                {
                    protocolOptions.Add(word);
                }
            }
            else
            {
                throw ConntrackToolException.Usage($"unknown option `{word}'");
            }
        }
        arguments.Settle(protocolOptions);
        return arguments;
    }

    /// <summary>Whether an option was given.</summary>
    public bool Has(string option) => _values.ContainsKey(option);

    /// <summary>The value of an option; null when it was not given.</summary>
    public string? Text(string option) => _values.GetValueOrDefault(option);

    /// <summary>A number as <c>atoi</c> or, with 0x, <c>strtoul</c> reads it.</summary>
    public uint? Number(string option) => Text(option) is { } text ? ReadNumber(text) : null;

    /// <summary>A port as <c>atoi</c> reads it: the digits at the beginning.</summary>
    public ushort? Port(string option) => Text(option) is { } text
        ? (ushort)ReadNumber(new string([.. text.TakeWhile(char.IsAsciiDigit)])) : null;

    /// <summary>An address with an optional prefix length.</summary>
    public NetPrefix? Prefix(string option)
    {
        if (Text(option) is not { } text)
        {
            return null;
        }
        string[] parts = text.Split('/', 2);
        if (!NetAddress.TryParse(parts[0], out NetAddress address))
        {
            throw ConntrackToolException.Usage($"Invalid IP address `{text}'");
        }
        int length = parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int given)
            ? given : address.ByteCount * 8;
        return new NetPrefix(address, Math.Min(length, address.ByteCount * 8));
    }

    /// <summary>Value and mask of <c>-m</c>.</summary>
    public (uint Value, uint Mask)? Mark()
    {
        if (Text("--mark") is not { } text)
        {
            return null;
        }
        string[] parts = text.Split('/', 2);
        return (ReadNumber(parts[0]), parts.Length == 2 ? ReadNumber(parts[1]) : uint.MaxValue);
    }

    /// <summary>The bits of <c>-u</c>.</summary>
    public ConnectionStatus? Status()
    {
        if (Text("--status") is not { } text)
        {
            return null;
        }
        ConnectionStatus status = ConnectionStatus.None;
        foreach (string name in text.Split(','))
        {
            status |= name.ToUpperInvariant() switch
            {
                "ASSURED" => ConnectionStatus.Assured,
                "SEEN_REPLY" => ConnectionStatus.SeenReply,
                "FIXED_TIMEOUT" => ConnectionStatus.FixedTimeout,
                "EXPECTED" => ConnectionStatus.Expected,
                "UNSET" => ConnectionStatus.None,
                _ => throw ConntrackToolException.Usage($"Bad status `{text}'"),
            };
        }
        return status;
    }

    /// <summary>The words of <c>-o</c>.</summary>
    public bool Outputs(string word) => Text("--output")?.Split(',').Contains(word) ?? false;

    /// <summary>The TCP state of <c>--state</c>.</summary>
    public TcpState? State() => Text("--state") is not { } text ? null
        : Enum.GetValues<TcpState>().Cast<TcpState?>().FirstOrDefault(state => ConnectionText.NameOf(state!.Value) == text)
            ?? throw ConntrackToolException.Usage($"Unknown state `{text}'");

    private static uint ReadNumber(string text) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint hex) ? hex : 0
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : 0;

    private void Settle(List<string> protocolOptions)
    {
        if (Text("--protonum") is { } name)
        {
            Protocol = ProtocolOf(name) ?? throw ConntrackToolException.Usage($"`{name}' unsupported protocol");
        }
        foreach (string option in protocolOptions)
        {
            string full = Aliases.GetValueOrDefault(option, option);
            bool isKnown = full == "--state" ? Protocol == IpProtocols.Tcp
                : IcmpOptions.Contains(full) ? Protocol is IpProtocols.Icmp or IpProtocols.IcmpV6
                : Protocol is IpProtocols.Tcp or IpProtocols.Udp or IpProtocols.UdpLite or IpProtocols.Sctp or IpProtocols.Dccp;
            if (!isKnown)
            {
                throw ConntrackToolException.Usage($"unknown option `{option}'");
            }
        }
        Family = Text("--family") switch
        {
            "ipv4" => IpFamily.IPv4,
            "ipv6" => IpFamily.IPv6,
            null => null,
            { } other => throw ConntrackToolException.Usage($"`{other}' unsupported protocol"),
        };
        foreach (string option in new[] { "--orig-src", "--orig-dst", "--reply-src", "--reply-dst" })
        {
            Family ??= Prefix(option)?.Address.Family;
        }
        foreach (string option in new[] { "--src-nat", "--dst-nat", "--any-nat" })
        {
            _ = ConntrackFilter.Target(Text(option) ?? "");
        }
        if (Command.Length == 0)
        {
            throw ConntrackToolException.Usage("You need to supply a command");
        }
    }

    private static byte? ProtocolOf(string name)
    {
        for (int number = 0; number < 256; number++)
        {
            if (ConnectionText.ProtocolName((byte)number) == name)
            {
                return (byte)number;
            }
        }
        return byte.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out byte parsed) ? parsed : null;
    }
}
