using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m realm</c>: the routing realm of the packet's route (<c>net/netfilter/xt_realm.c realm_mt</c>).</summary>
/// <param name="Realm">The realm, and the bits that count.</param>
/// <param name="IsNegated"><c>! --realm</c>.</param>
public sealed record RealmMatch(MaskedValue Realm, bool IsNegated = false) : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "realm",
        KernelBytes = 16,
        Summary = "Matches the routing realm.",
        Source = "net/netfilter/xt_realm.c, extensions/libipt_realm.c",
        OnlyFamily = IpFamily.IPv4,
        Hooks = Hooks.PostRouting | Hooks.Forward | Hooks.LocalOut | Hooks.LocalIn,
        Options =
        [
            new("realm", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "value[/mask]|name", Help = "The realm.",
                Parse = call => NamedMask.Parse(call, call.Environment.Names.Realms), Sample = source => $"{source.Next(256)}",
            },
        ],
        Build = values => new RealmMatch(values.Get<MaskedValue>("realm"), values.IsInverted("realm")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("realm", NamedMask.Format(Realm, context.Environment.Names.Realms), IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        IReadOnlyDictionary<string, uint>? names = context.IsNumeric ? null : context.Environment.Names.Realms;
        writer.Raw(IsNegated ? " !" : "").Word("realm ").Raw(NamedMask.Format(Realm, names));
    }

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        uint realm = context.Packet.Route?.Realm ?? 0;
        return MatchResult.When((Realm.Value == (realm & Realm.Mask)) != IsNegated, 0, realm);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Reason.Hex("realm", result, NamedMask.Format(Realm, null), IsNegated);
}
