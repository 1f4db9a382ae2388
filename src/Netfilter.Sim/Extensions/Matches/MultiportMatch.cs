using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m multiport</c>: up to fifteen ports, a range taking two places
/// (<c>net/netfilter/xt_multiport.c multiport_mt</c>, <c>struct xt_multiport_v1</c>).
/// </summary>
public sealed record MultiportMatch : Match
{
    /// <summary>Places for ports; a range takes two (<c>XT_MULTI_PORTS</c>).</summary>
    internal const int MaxPlaces = 15;

    private const byte Ports = 0, Header = 1;

    /// <summary>Which of a packet's ports are looked at.</summary>
    public MultiportSide Side { get; init; }

    /// <summary>The ports in the order given, duplicates kept.</summary>
    public ImmutableArray<MultiportEntry> Entries { get; init; } = [];

    /// <summary><c>!</c>.</summary>
    public bool IsNegated { get; init; }

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "multiport",
        KernelBytes = 48,
        Summary = "Matches up to fifteen ports of a transport protocol that has them.",
        Source = "net/netfilter/xt_multiport.c, extensions/libxt_multiport.c",
        Revision = 1,
        Options =
        [
            PortsOption("source-ports", "sports", "Source ports."),
            PortsOption("destination-ports", "dports", "Destination ports."),
            PortsOption("ports", null, "Source or destination ports."),
        ],
        SampleBase = ["-p", "tcp"],
        Sample = source => [source.Next(2) == 0 ? "--dports" : "--ports", $"{source.Next(1000)},{1000 + source.Next(1000)}:{2000 + source.Next(60000)}"],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("multiport expection an option");
            }
        },
        Build = values =>
        {
            string option = values.Has("source-ports") ? "source-ports" : values.Has("destination-ports") ? "destination-ports" : "ports";
            return new MultiportMatch
            {
                Side = option switch
                {
                    "source-ports" => MultiportSide.Source,
                    "destination-ports" => MultiportSide.Destination,
                    _ => MultiportSide.Either,
                },
                Entries = values.Get<ImmutableArray<MultiportEntry>>(option),
                IsNegated = values.IsInverted(option),
            };
        },
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag(SideName, IsNegated).Raw(' ');
        for (int i = 0; i < Entries.Length; i++)
        {
            writer.Raw(i == 0 ? "" : ",").Raw(Entries[i].ToString());
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        string? protocol = ProtocolName(context.Ip.Protocol);
        writer.Word("multiport").Word(SideName).Raw(' ').Raw(IsNegated ? " !" : "");
        for (int i = 0; i < Entries.Length; i++)
        {
            MultiportEntry entry = Entries[i];
            writer.Raw(i == 0 ? "" : ",").Raw(NameParser.PortName(entry.Ports.Low, protocol, context));
            if (entry.IsRange)
            {
                writer.Raw(':').Raw(NameParser.PortName(entry.Ports.High, protocol, context));
            }
        }
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // multiport_mt_check: one of the five protocols, not inverted.
        bool hasPorts = ProtocolName(check.Rule.Ip.Protocol) is not null && !check.Rule.Ip.Has(IpSpecFlags.NotProtocol);
        return hasPorts ? KernelErrno.None : KernelErrno.Invalid;
    }

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (context.Packet.FragmentOffset != 0)
        {
            return MatchResult.No(Header, 1);
        }
        ReadOnlySpan<byte> transport = context.Packet.Transport;
        if (transport.Length < 4)
        {
            return MatchResult.HotDrop(Header);
        }
        ushort source = BinaryPrimitives.ReadUInt16BigEndian(transport);
        ushort destination = BinaryPrimitives.ReadUInt16BigEndian(transport[2..]);
        bool found = false;
        foreach (MultiportEntry entry in Entries.AsSpan())
        {
            bool hit = Side switch
            {
                MultiportSide.Source => entry.Ports.Contains(source),
                MultiportSide.Destination => entry.Ports.Contains(destination),
                _ => entry.Ports.Contains(source) || entry.Ports.Contains(destination),
            };
            if (hit)
            {
                found = true;
                break;
            }
        }
        return MatchResult.When(found != IsNegated, Ports, ((ulong)source << 16) | destination);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result)
    {
        if (result.Condition == Header)
        {
            return result.Seen == 0 ? "the ports are cut off" : "a later fragment has no ports";
        }
        (ulong source, ulong destination) = (result.Seen >> 16, result.Seen & 0xffff);
        string wanted = "among " + string.Join(',', Entries);
        return Side switch
        {
            MultiportSide.Source => Reason.Text("sport", Text(source), result, wanted, IsNegated),
            MultiportSide.Destination => Reason.Text("dport", Text(destination), result, wanted, IsNegated),
            _ => Reason.Text("a port of", $"{Text(source)},{Text(destination)}", result, wanted, IsNegated),
        };
    }

    /// <inheritdoc/>
    public bool Equals(MultiportMatch? other) => other is not null && Side == other.Side && IsNegated == other.IsNegated
        && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Side, IsNegated, Entries.Length, Entries.Length > 0 ? Entries[0] : default);

    private static string Text(ulong port) => port.ToString(CultureInfo.InvariantCulture);

    private string SideName => Side switch
    {
        MultiportSide.Source => "sports",
        MultiportSide.Destination => "dports",
        _ => "ports",
    };

    private static string? ProtocolName(int protocol) => protocol switch
    {
        IpProtocols.Tcp => "tcp",
        IpProtocols.Udp => "udp",
        IpProtocols.UdpLite => "udplite",
        IpProtocols.Sctp => "sctp",
        IpProtocols.Dccp => "dccp",
        _ => null,
    };

    private static OptionSpec PortsOption(string name, string? alias, string help) => new(name, OptionKind.Text)
    {
        Aliases = alias is null ? [] : [alias],
        Invertible = true,
        Excludes = ["source-ports", "destination-ports", "ports"],
        ValueName = "port[:port][,...]",
        Parse = ParsePorts,
        Help = help,
    };

    private static object? ParsePorts(OptionCall call)
    {
        const string only = "multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP";
        string protocol = (call.Rule.IsProtocolInverted ? null : ProtocolName(call.Rule.Protocol))
            ?? throw OptionCall.Error(call.Rule.Protocol == 0 && !call.Rule.IsProtocolInverted
                ? "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'"
                : only);
        ImmutableArray<MultiportEntry>.Builder entries = ImmutableArray.CreateBuilder<MultiportEntry>();
        NameDatabase names = call.Environment.Names;
        int places = 0;
        foreach (string part in call.Argument.Split(','))
        {
            int colon = part.IndexOf(':');
            places += colon < 0 ? 1 : 2;
            if (places > MaxPlaces)
            {
                throw OptionCall.Error("too many ports specified");
            }
            ushort low = NameParser.Port(colon < 0 ? part : part[..colon], protocol, names);
            ushort high = colon < 0 ? low : NameParser.Port(part[(colon + 1)..], protocol, names);
            if (colon >= 0 && low >= high)
            {
                throw OptionCall.Error("invalid portrange specified");
            }
            entries.Add(new MultiportEntry(new PortRange(low, high), colon >= 0));
        }
        return entries.ToImmutable();
    }
}

/// <summary>Which ports of a packet are looked at (<c>enum xt_multiport_flags</c>).</summary>
public enum MultiportSide : byte
{
    /// <summary><c>--sports</c>.</summary>
    Source,

    /// <summary><c>--dports</c>.</summary>
    Destination,

    /// <summary><c>--ports</c>: either.</summary>
    Either,
}

/// <summary>A port or a range of ports. A range of one port is not the same as that port: it takes two places and prints as a range.</summary>
/// <param name="Ports">The ports.</param>
/// <param name="IsRange">Whether it was written as a range.</param>
public readonly record struct MultiportEntry(PortRange Ports, bool IsRange)
{
    /// <summary><c>80</c> or <c>80:90</c>.</summary>
    public override string ToString() => IsRange
        ? string.Create(CultureInfo.InvariantCulture, $"{Ports.Low}:{Ports.High}")
        : Ports.Low.ToString(CultureInfo.InvariantCulture);
}
