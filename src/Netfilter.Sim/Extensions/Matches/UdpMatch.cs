using System.Buffers.Binary;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m udp</c>: ports of UDP (<c>net/netfilter/xt_tcpudp.c udp_mt</c>, <c>struct xt_udp</c>).</summary>
public sealed record UdpMatch : Match
{
    private const byte SourcePort = 0, DestinationPort = 1, Header = 2;

    /// <summary><c>--sport</c>.</summary>
    public PortRange SourcePorts { get; init; } = PortRange.All;

    /// <summary><c>--dport</c>.</summary>
    public PortRange DestinationPorts { get; init; } = PortRange.All;

    /// <summary><c>! --sport</c>.</summary>
    public bool NotSourcePorts { get; init; }

    /// <summary><c>! --dport</c>.</summary>
    public bool NotDestinationPorts { get; init; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "udp",
        KernelBytes = 16,
        Summary = "Matches the ports of a UDP header.",
        Source = "net/netfilter/xt_tcpudp.c, extensions/libxt_udp.c",
        RequiredProtocol = IpProtocols.Udp,
        Options =
        [
            new("source-port", OptionKind.PortRange)
            {
                Aliases = ["sport"], Invertible = true, ValueName = "port[:port]", Help = "Source port or ports.",
            },
            new("destination-port", OptionKind.PortRange)
            {
                Aliases = ["dport"], Invertible = true, ValueName = "port[:port]", Help = "Destination port or ports.",
            },
        ],
        Build = values => new UdpMatch
        {
            SourcePorts = Ports(values, "source-port"),
            DestinationPorts = Ports(values, "destination-port"),
            NotSourcePorts = values.IsInverted("source-port"),
            NotDestinationPorts = values.IsInverted("destination-port"),
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        PortPrinter.Save(writer, "sport", SourcePorts, NotSourcePorts);
        PortPrinter.Save(writer, "dport", DestinationPorts, NotDestinationPorts);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("udp");
        PortPrinter.List(writer, "spt", SourcePorts, NotSourcePorts, "udp", context);
        PortPrinter.List(writer, "dpt", DestinationPorts, NotDestinationPorts, "udp", context);
    }

    /// <inheritdoc/>
    public override bool IsPure => true;

    internal override InlineTest Inline => SourcePorts != PortRange.All || NotSourcePorts ? default
        : DestinationPorts.Low == DestinationPorts.High
            ? new InlineTest(InlineKind.DestinationPort, DestinationPorts.Low, 0, NotDestinationPorts)
        : DestinationPorts == PortRange.All && !NotDestinationPorts ? new InlineTest(InlineKind.Header)
        : default;

    internal override int RequiredDestinationPort =>
        DestinationPorts.Low == DestinationPorts.High && !NotDestinationPorts ? DestinationPorts.Low : -1;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (context.Packet.FragmentOffset != 0)
        {
            return MatchResult.No(Header, 1);
        }
        ReadOnlySpan<byte> udp = context.Packet.Transport;
        if (udp.Length < 8)
        {
            return MatchResult.HotDrop(Header);
        }
        ushort source = BinaryPrimitives.ReadUInt16BigEndian(udp);
        if (SourcePorts.Contains(source) == NotSourcePorts)
        {
            return MatchResult.No(SourcePort, source);
        }
        ushort destination = BinaryPrimitives.ReadUInt16BigEndian(udp[2..]);
        return MatchResult.When(DestinationPorts.Contains(destination) != NotDestinationPorts, DestinationPort, destination);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        Header => result.Seen == 0 ? "the UDP header is cut off" : "a later fragment has no ports",
        SourcePort => Reason.Value("sport", result, SourcePorts, NotSourcePorts),
        _ => Reason.Value("dport", result, DestinationPorts, NotDestinationPorts),
    };

    private static PortRange Ports(OptionValues values, string option)
    {
        OptionRange ports = values.Get(option, new OptionRange(0, ushort.MaxValue, 2));
        return new((ushort)ports.Low, (ushort)ports.High);
    }
}
