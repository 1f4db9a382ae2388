using System.Globalization;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m mac</c>: the source address of the Ethernet frame (<c>net/netfilter/xt_mac.c mac_mt</c>).</summary>
/// <param name="Address">The address: 48 bits.</param>
/// <param name="IsNegated"><c>! --mac-source</c>.</param>
public sealed record MacMatch(ulong Address, bool IsNegated = false) : Match
{
    private const byte Source = 0, NoFrame = 1;
    private const int HeaderLength = 14;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "mac",
        KernelBytes = 16,
        Summary = "Matches the source address of the Ethernet frame.",
        Source = "net/netfilter/xt_mac.c, extensions/libxt_mac.c",
        Hooks = Hooks.PreRouting | Hooks.LocalIn | Hooks.Forward,
        Options =
        [
            new("mac-source", OptionKind.MacAddress)
            {
                Required = true, Invertible = true, ValueName = "xx:xx:xx:xx:xx:xx", Help = "The address.",
            },
        ],
        Build = values => new MacMatch(values.Get<ulong>("mac-source"), values.IsInverted("mac-source")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("mac-source", Format(Address), IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("MAC ").Raw(IsNegated ? "! " : "").Raw(Format(Address));

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        bool isEthernet = packet.InDevice?.Kind is NetDeviceKind.Ethernet or NetDeviceKind.Veth or NetDeviceKind.Bridge;
        if (!isEthernet || packet.LinkHeaderLength < HeaderLength)
        {
            return MatchResult.No(NoFrame);
        }
        ulong source = 0;
        foreach (byte part in packet.Bytes.AsSpan(packet.Start - packet.LinkHeaderLength + 6, 6))
        {
            source = (source << 8) | part;
        }
        return MatchResult.When((source == Address) != IsNegated, Source, source);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == NoFrame
        ? "the packet did not come in an Ethernet frame"
        : Reason.Text("hardware address", Format(result.Seen), result, Format(Address), IsNegated);

    private static string Format(ulong address) => string.Join(
        ':', Enumerable.Range(0, 6).Select(i => ((byte)(address >> (40 - (8 * i)))).ToString("x2", CultureInfo.InvariantCulture)));
}
