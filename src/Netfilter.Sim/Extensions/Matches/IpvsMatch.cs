using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m ipvs</c>: properties of IPVS connections (<c>net/netfilter/xt_ipvs.c</c>), which the recorded kernel does not have: the
/// tool reads it and the kernel refuses the rule.
/// </summary>
public sealed record IpvsMatch : Match
{
    private static readonly string[] Methods = ["GATE", "IPIP", "MASQ"];

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "ipvs",
        Summary = "Matches by properties of IPVS connections; not in the recorded kernel.",
        Source = "net/netfilter/xt_ipvs.c, extensions/libxt_ipvs.c",
        NotModelled = "IPVS is not in the recorded kernel",
        InKernel = false,
        Options =
        [
            new("ipvs") { Invertible = true, Help = "The packet belongs to an IPVS connection." },
            new("vproto", OptionKind.Protocol) { Invertible = true, ValueName = "protocol", Help = "Protocol of the service." },
            new("vaddr", OptionKind.HostMask) { Invertible = true, ValueName = "address[/mask]", Help = "Address of the service." },
            new("vport", OptionKind.Port) { Invertible = true, ValueName = "port", Help = "Port of the service." },
            new("vdir", OptionKind.Text) { ValueName = "ORIGINAL|REPLY", Help = "Direction of the packet.", Parse = ReadDirection },
            new("vmethod", OptionKind.Text)
            {
                Invertible = true, ValueName = "GATE|IPIP|MASQ", Help = "How the service forwards.", Parse = ReadMethod,
            },
            new("vportctl", OptionKind.Port) { Invertible = true, ValueName = "port", Help = "Port of the controlling connection." },
        ],
        FinalCheck = FinalCheck,
        Build = Build,
        Sample = source => ["--vproto", "tcp", "--vport", $"{source.Next(65536)}"],
    };

    /// <summary><c>--ipvs</c>; false for its negation.</summary>
    public bool? BelongsToIpvs { get; init; }

    /// <summary>Protocol of the service.</summary>
    public Negatable<ushort>? Protocol { get; init; }

    /// <summary>Address of the service.</summary>
    public Negatable<HostMask>? Address { get; init; }

    /// <summary>Port of the service.</summary>
    public Negatable<ushort>? Port { get; init; }

    /// <summary>Whether packets of the reply are meant; null for both.</summary>
    public bool? IsReply { get; init; }

    /// <summary>How the service forwards.</summary>
    public Negatable<IpvsMethod>? Method { get; init; }

    /// <summary>Port of the controlling connection.</summary>
    public Negatable<ushort>? ControlPort { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override string? NotModelled => Extension.NotModelled;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context) => MatchResult.Unknown();

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => NotModelled!;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, "--", context);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => Write(writer, "", context);

    private void Write(OptionWriter writer, string dashes, in PrintContext context)
    {
        if (BelongsToIpvs is { } belongs)
        {
            writer.Raw(belongs ? "" : " !").Word(dashes).Raw("ipvs");
        }
        if (Protocol is { } protocol)
        {
            Name("vproto ", protocol.IsNegated).Raw(
                NameParser.ProtocolName(protocol.Value, context.Environment.Names) ?? protocol.Value.ToString(CultureInfo.InvariantCulture));
        }
        if (Address is { } address)
        {
            Name("vaddr ", address.IsNegated).Raw(AddressWriter.Numeric(address.Value.Address, address.Value.Mask));
        }
        if (Port is { } port)
        {
            Name("vport ", port.IsNegated).Number(port.Value);
        }
        if (IsReply is { } isReply)
        {
            Name("vdir ", false).Raw(isReply ? "REPLY" : "ORIGINAL");
        }
        if (Method is { } method)
        {
            Name("vmethod ", method.IsNegated).Raw(Methods[(int)method.Value]);
        }
        if (ControlPort is { } control)
        {
            Name("vportctl ", control.IsNegated).Number(control.Value);
        }

        OptionWriter Name(string name, bool isNegated) => writer.Raw(isNegated ? " !" : "").Word(dashes).Raw(name);
    }

    private static object? ReadDirection(OptionCall call) => call.Argument.ToUpperInvariant() switch
    {
        "ORIGINAL" => false,
        "REPLY" => true,
        _ => throw OptionCall.Error($"ipvs: Bad value for \"--vdir\" option: \"{call.Argument}\""),
    };

    private static object? ReadMethod(OptionCall call)
    {
        int index = Array.FindIndex(Methods, method => method.Equals(call.Argument, StringComparison.OrdinalIgnoreCase));
        return index >= 0
            ? (IpvsMethod)index
            : throw OptionCall.Error($"ipvs: Bad value for \"--vmethod\" option: \"{call.Argument}\"");
    }

    private static void FinalCheck(OptionValues values)
    {
        if (values.Count == 0)
        {
            throw OptionCall.Error("IPVS: At least one option is required");
        }
        if (values.IsInverted("ipvs") && values.Count > 1)
        {
            throw OptionCall.Error("! --ipvs cannot be together with other options");
        }
    }

    private static IpvsMatch Build(OptionValues values)
    {
        return new IpvsMatch
        {
            BelongsToIpvs = values.Has("ipvs") ? !values.IsInverted("ipvs") : null,
            Protocol = Number("vproto"),
            Address = values.Has("vaddr") ? new(values.Get<HostMask>("vaddr"), values.IsInverted("vaddr")) : null,
            Port = Number("vport"),
            IsReply = values.Has("vdir") ? values.Get<bool>("vdir") : null,
            Method = values.Has("vmethod") ? new(values.Get<IpvsMethod>("vmethod"), values.IsInverted("vmethod")) : null,
            ControlPort = Number("vportctl"),
        };

        Negatable<ushort>? Number(string name) =>
            values.Has(name) ? new((ushort)values.Get<ulong>(name), values.IsInverted(name)) : null;
    }
}

/// <summary>How an IPVS service forwards (<c>IP_VS_CONN_F_FWD_MASK</c>).</summary>
public enum IpvsMethod : byte
{
    /// <summary>By the link layer.</summary>
    Gate,

    /// <summary>In a tunnel.</summary>
    Ipip,

    /// <summary>By translation.</summary>
    Masq,
}
