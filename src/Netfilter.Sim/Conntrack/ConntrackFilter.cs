using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack;

/// <summary>What the options of the conntrack tool say of connections: to choose them, to change them, to make one.</summary>
internal sealed class ConntrackFilter
{
    public IpFamily? Family { get; private set; }

    public byte? Protocol { get; private set; }

    public NetPrefix? OriginalSource { get; private set; }

    public NetPrefix? OriginalDestination { get; private set; }

    public NetPrefix? ReplySource { get; private set; }

    public NetPrefix? ReplyDestination { get; private set; }

    public ushort? SourcePort { get; private set; }

    public ushort? DestinationPort { get; private set; }

    public ushort? ReplySourcePort { get; private set; }

    public ushort? ReplyDestinationPort { get; private set; }

    public (uint Value, uint Mask)? Mark { get; private set; }

    public ConnectionStatus? Status { get; private set; }

    public int? TimeoutSeconds { get; private set; }

    public string? State { get; private set; }

    public ushort? Zone { get; private set; }

    /// <summary>Translations that are asked for: which bit, and the address they must give, if any.</summary>
    public List<(ConnectionStatus Bit, NetAddress? Address)> Translations { get; } = [];

    /// <summary>What <c>-o</c> lists.</summary>
    public HashSet<string> Output { get; } = [];

    /// <summary>The protocol whose name or number a word is, or null.</summary>
    public static byte? ProtocolOf(string word) => word switch
    {
        "icmp" => IpProtocols.Icmp,
        "tcp" => IpProtocols.Tcp,
        "udp" => IpProtocols.Udp,
        "dccp" => IpProtocols.Dccp,
        "gre" => IpProtocols.Gre,
        "icmpv6" => IpProtocols.IcmpV6,
        "sctp" => IpProtocols.Sctp,
        "udplite" => IpProtocols.UdpLite,
        _ => byte.TryParse(word, CultureInfo.InvariantCulture, out byte number) ? number : null,
    };

    /// <summary>Takes one option.</summary>
    /// <param name="option">The option.</param>
    /// <param name="next">Gives the next word, which is the option's value.</param>
    /// <param name="peek">The next word, not taken, or null.</param>
    /// <returns>False for an option that is not known.</returns>
    /// <exception cref="FormatException">The value is not one.</exception>
    public bool Take(string option, Func<string> next, Func<string?> peek)
    {
        switch (option)
        {
            case "-f" or "--family":
                Family = next() == "ipv6" ? IpFamily.IPv6 : IpFamily.IPv4;
                return true;
            case "-p" or "--proto":
                Protocol = ProtocolOf(next()) ?? throw new FormatException("unknown protocol");
                return true;
            case "-m" or "--mark":
                Mark = MarkOf(next());
                return true;
            case "-u" or "--status":
                Status = StatusOf(next());
                return true;
            case "-t" or "--timeout":
                TimeoutSeconds = int.Parse(next(), CultureInfo.InvariantCulture);
                return true;
            case "--state":
                State = next();
                return true;
            case "-w" or "--zone":
                Zone = ushort.Parse(next(), CultureInfo.InvariantCulture);
                return true;
            case "-o" or "--output":
                Output.UnionWith(next().Split(','));
                return true;
            case "-n" or "--src-nat":
                Translations.Add((ConnectionStatus.SourceNat, OptionalAddress(next, peek)));
                return true;
            case "-g" or "--dst-nat":
                Translations.Add((ConnectionStatus.DestinationNat, OptionalAddress(next, peek)));
                return true;
            default:
                return TakePort(option, next) || TakeAddress(option, next);
        }
    }

    /// <summary>Whether a connection is chosen.</summary>
    public bool Chooses(ConntrackEntry entry) =>
        (Family is not { } family || entry.Original.Family == family)
        && (Protocol is not { } protocol || entry.Original.Protocol == protocol)
        && (OriginalSource is not { } source || source.Contains(entry.Original.Source))
        && (OriginalDestination is not { } destination || destination.Contains(entry.Original.Destination))
        && (ReplySource is not { } replySource || replySource.Contains(entry.Reply.Source))
        && (ReplyDestination is not { } replyDestination || replyDestination.Contains(entry.Reply.Destination))
        && ChoosesPorts(entry)
        && Translations.TrueForAll(translation => IsTranslated(entry, translation));

    /// <summary>Whether a connection has the mark, the status and the state that are asked for.</summary>
    public bool ChoosesState(ConntrackEntry entry) =>
        (Mark is not { } mark || (entry.Mark & mark.Mask) == mark.Value)
        && (Status is not { } status || (entry.Status & status) == status)
        && (State is null || (entry.TcpState is { } tcp && ConnectionText.NameOf(tcp) == State))
        && (Zone is not { } zone || entry.Zone.Id == zone);

    private bool ChoosesPorts(ConntrackEntry entry) =>
        (SourcePort is not { } source || entry.Original.SourcePort == source)
        && (DestinationPort is not { } destination || entry.Original.DestinationPort == destination)
        && (ReplySourcePort is not { } replySource || entry.Reply.SourcePort == replySource)
        && (ReplyDestinationPort is not { } replyDestination || entry.Reply.DestinationPort == replyDestination);

    /// <summary>
    /// What the tool takes for a translation (<c>conntrack.c filter_nat</c>, <c>getter.c __getobjopt</c>): of IPv6 addresses it
    /// compares the first 32 bits and forgets the one asked for, and of ICMP the identifier with type and code.
    /// </summary>
    private static bool IsTranslated(ConntrackEntry entry, (ConnectionStatus Bit, NetAddress? Address) wanted)
    {
        bool isSource = wanted.Bit == ConnectionStatus.SourceNat;
        (NetAddress before, NetAddress after) = isSource
            ? (entry.Original.Source, entry.Reply.Destination)
            : (entry.Original.Destination, entry.Reply.Source);
        bool isDecided = (entry.Status & (isSource ? ConnectionStatus.SourceNatDone : ConnectionStatus.DestinationNatDone)) != 0;
        bool hasOtherAddress = isDecided && FirstWord(before) != FirstWord(after);
        if (wanted.Address is { Family: IpFamily.IPv4 } address)
        {
            return hasOtherAddress && address == after;
        }
        bool hasOtherPort = isDecided && (isSource
            ? entry.Original.SourcePort != entry.Reply.DestinationPort
            : entry.Original.DestinationPort != entry.Reply.SourcePort);
        return hasOtherAddress || hasOtherPort;
    }

    private static uint FirstWord(NetAddress address) =>
        address.Family == IpFamily.IPv4 ? address.IPv4Bits : (uint)(address.Bits >> 96);

    private bool TakeAddress(string option, Func<string> next)
    {
        switch (option)
        {
            case "-s" or "--orig-src" or "--src":
                OriginalSource = PrefixOf(next());
                return true;
            case "-d" or "--orig-dst" or "--dst":
                OriginalDestination = PrefixOf(next());
                return true;
            case "-r" or "--reply-src":
                ReplySource = PrefixOf(next());
                return true;
            case "-q" or "--reply-dst":
                ReplyDestination = PrefixOf(next());
                return true;
            default:
                return false;
        }
    }

    private bool TakePort(string option, Func<string> next)
    {
        switch (option)
        {
            case "--sport" or "--orig-port-src":
                SourcePort = PortOf(next());
                return true;
            case "--dport" or "--orig-port-dst":
                DestinationPort = PortOf(next());
                return true;
            case "--reply-port-src":
                ReplySourcePort = PortOf(next());
                return true;
            case "--reply-port-dst":
                ReplyDestinationPort = PortOf(next());
                return true;
            default:
                return false;
        }
    }

    // An address also tells the family.
    private NetPrefix PrefixOf(string word)
    {
        NetPrefix prefix = NetPrefix.Parse(word);
        Family ??= prefix.Family;
        return prefix;
    }

    private static NetAddress? OptionalAddress(Func<string> next, Func<string?> peek) =>
        peek() is { } word && !word.StartsWith('-') ? NetAddress.Parse(next()) : (NetAddress?)null;

    // strtoul stops at what is no digit.
    private static ushort PortOf(string word) =>
        ushort.Parse(string.Concat(word.TakeWhile(char.IsAsciiDigit)), CultureInfo.InvariantCulture);

    private static (uint Value, uint Mask) MarkOf(string word)
    {
        string[] parts = word.Split('/');
        return (NumberOf(parts[0]), parts.Length > 1 ? NumberOf(parts[1]) : uint.MaxValue);
    }

    private static uint NumberOf(string word) => word.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.Parse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : uint.Parse(word, CultureInfo.InvariantCulture);

    private static ConnectionStatus StatusOf(string words) => words.Split(',').Aggregate(
        ConnectionStatus.None,
        (status, word) => status | word switch
        {
            "ASSURED" => ConnectionStatus.Assured,
            "SEEN_REPLY" => ConnectionStatus.SeenReply,
            "FIXED_TIMEOUT" => ConnectionStatus.FixedTimeout,
            "EXPECTED" => ConnectionStatus.Expected,
            _ => throw new FormatException($"unknown status {word}"),
        });
}
