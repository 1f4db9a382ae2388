using System.Globalization;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>What one IPsec transform has to be (<c>struct xt_policy_elem</c>); null where anything will do.</summary>
/// <param name="RequestId">The request's number.</param>
/// <param name="Spi">The security parameter index.</param>
/// <param name="Protocol">The encapsulation: 50, 51 or 108.</param>
/// <param name="IsTunnel">Tunnel mode or transport mode.</param>
/// <param name="TunnelDestination">Where the tunnel ends.</param>
/// <param name="TunnelSource">Where the tunnel begins.</param>
/// <param name="Inverted">Which of them must not be so.</param>
public readonly record struct PolicyElement(
    uint? RequestId,
    uint? Spi,
    byte? Protocol,
    bool? IsTunnel,
    HostMask? TunnelDestination,
    HostMask? TunnelSource,
    PolicyFields Inverted)
{
    internal PolicyElement With(string option, object value, bool isInverted)
    {
        (PolicyElement changed, PolicyFields field) = option switch
        {
            "reqid" => (this with { RequestId = (uint)(ulong)value }, PolicyFields.RequestId),
            "spi" => (this with { Spi = (uint)(ulong)value }, PolicyFields.Spi),
            "proto" => (this with { Protocol = ReadProtocol((ulong)value) }, PolicyFields.Protocol),
            "mode" => (this with { IsTunnel = ReadMode((string)value) }, PolicyFields.Mode),
            "tunnel-dst" => (this with { TunnelDestination = (HostMask)value }, PolicyFields.TunnelDestination),
            _ => (this with { TunnelSource = (HostMask)value }, PolicyFields.TunnelSource),
        };
        return isInverted ? changed with { Inverted = changed.Inverted | field } : changed;
    }

    internal void Write(OptionWriter writer, string dashes, NameDatabase? names)
    {
        PolicyFields inverted = Inverted;
        if (RequestId is { } id)
        {
            Name("reqid ", PolicyFields.RequestId).Number(id);
        }
        if (Spi is { } spi)
        {
            Name("spi ", PolicyFields.Spi).Hex(spi);
        }
        if (Protocol is { } protocol)
        {
            Name("proto ", PolicyFields.Protocol).Raw(
                (names is null ? null : NameParser.ProtocolName(protocol, names)) ?? protocol.ToString(CultureInfo.InvariantCulture));
        }
        if (IsTunnel is { } isTunnel)
        {
            Name("mode ", PolicyFields.Mode).Raw(isTunnel ? "tunnel" : "transport");
        }
        if (TunnelDestination is { } destination)
        {
            Name("tunnel-dst ", PolicyFields.TunnelDestination).Raw(AddressWriter.Numeric(destination.Address, destination.Mask));
        }
        if (TunnelSource is { } source)
        {
            Name("tunnel-src ", PolicyFields.TunnelSource).Raw(AddressWriter.Numeric(source.Address, source.Mask));
        }

        OptionWriter Name(string name, PolicyFields field) =>
            writer.Raw((inverted & field) != 0 ? " !" : "").Word(dashes).Raw(name);
    }

    private static byte ReadProtocol(ulong protocol) => protocol is 50 or 51 or 108
        ? (byte)protocol
        : throw OptionCall.Error("policy match: protocol must be ah/esp/ipcomp");

    private static bool ReadMode(string mode) => mode switch
    {
        "tunnel" => true,
        "transport" => false,
        _ => throw OptionCall.Error($"policy match: invalid mode \"{mode}\""),
    };
}

/// <summary>Fields of a <see cref="PolicyElement"/>.</summary>
[Flags]
public enum PolicyFields : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The request's number.</summary>
    RequestId = 1,

    /// <summary>The security parameter index.</summary>
    Spi = 2,

    /// <summary>The encapsulation.</summary>
    Protocol = 4,

    /// <summary>The mode.</summary>
    Mode = 8,

    /// <summary>Where the tunnel ends.</summary>
    TunnelDestination = 16,

    /// <summary>Where the tunnel begins.</summary>
    TunnelSource = 32,
}
