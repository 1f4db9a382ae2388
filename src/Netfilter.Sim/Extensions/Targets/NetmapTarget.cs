using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j NETMAP</c>: replaces the network part of an address (<c>net/netfilter/xt_NETMAP.c netmap_tg4, netmap_tg6</c>).</summary>
/// <param name="Address">The network, host bits cleared.</param>
/// <param name="Mask">Its mask.</param>
public sealed record NetmapTarget(NetAddress Address, NetAddress Mask) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "NETMAP",
        KernelBytes = 24,
        KernelBytesV6 = 40,
        Summary = "Replaces the network part of a connection's source or destination.",
        Source = "net/netfilter/xt_NETMAP.c, extensions/libipt_NETMAP.c, extensions/libip6t_NETMAP.c",
        OnlyTable = "nat",
        Hooks = Hooks.PreRouting | Hooks.PostRouting | Hooks.LocalOut | Hooks.LocalIn,
        Options = [new("to", OptionKind.HostMask) { Required = true, ValueName = "address[/mask]", Help = "The new network." }],
        Build = values =>
        {
            HostMask to = values.Get<HostMask>("to");
            return new NetmapTarget(to.Prefix.Address, to.Mask);
        },
        Sample = source => ["--to", $"{source.NextAddress()}/{8 + source.Next(17)}"],
    };

    private string Text => new NetPrefix(Address, Mask).ToString();

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("to", Text);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) => writer.Word("to:").Raw(Text);

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        NetAddress last = new(Address.Family, Address.Bits | ~Mask.Bits);
        NatRange range = new(NatRangeFlags.MapAddresses, Address, last);
        return context.Walk.Nat.MapNetwork(context.Packet, context.Hook, range, context.Walk) == Verdict.Accept
            ? TargetVerdict.Accept
            : TargetVerdict.Drop;
    }
}
