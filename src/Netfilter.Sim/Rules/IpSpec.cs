using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Rules;

/// <summary>
/// The part of a rule that every rule has: <c>-s -d -i -o -p -f</c> (<c>struct ipt_ip</c>, <c>struct ip6t_ip6</c>).
/// Kept compact, since a large ruleset is mostly these: IPv4 addresses lie in the object, all that is rare beside it.
/// </summary>
public sealed class IpSpec : IEquatable<IpSpec>
{
    private readonly uint _source, _sourceMask, _destination, _destinationMask;
    private readonly Extra? _extra;

    /// <summary>Makes the base part of a rule. Leaving something out means any.</summary>
    public IpSpec(
        IpFamily family,
        NetPrefix? source = null,
        NetPrefix? destination = null,
        InterfacePattern? inInterface = null,
        InterfacePattern? outInterface = null,
        ushort protocol = 0,
        IpSpecFlags flags = IpSpecFlags.None)
    {
        Family = family;
        NetPrefix any = new(new NetAddress(family, 0), 0);
        (NetPrefix src, NetPrefix dst) = (source ?? any, destination ?? any);
        if (src.Family != family || dst.Family != family)
        {
            throw new ArgumentException("An address is not of the rule's family.");
        }
        if (family == IpFamily.IPv4)
        {
            (_source, _sourceMask) = (src.Address.IPv4Bits, src.Mask.IPv4Bits);
            (_destination, _destinationMask) = (dst.Address.IPv4Bits, dst.Mask.IPv4Bits);
        }
        bool isWide = family == IpFamily.IPv6 && (src != any || dst != any);
        if (isWide || inInterface is not null || outInterface is not null)
        {
            _extra = new Extra(inInterface, outInterface, isWide ? new WideAddresses(src, dst) : null);
        }
        Protocol = protocol;
        Flags = flags;
    }

    /// <summary>The family of the rule.</summary>
    public IpFamily Family { get; }

    /// <summary>What is set and what is inverted.</summary>
    public IpSpecFlags Flags { get; }

    /// <summary>The protocol number; 0 is any. 16 bits, as in the kernel.</summary>
    public ushort Protocol { get; }

    /// <summary>The pattern of <c>-i</c>; null is any.</summary>
    public InterfacePattern? InInterface => _extra?.InInterface;

    /// <summary>The pattern of <c>-o</c>; null is any.</summary>
    public InterfacePattern? OutInterface => _extra?.OutInterface;

    /// <summary>The prefix of <c>-s</c>; /0 is any.</summary>
    public NetPrefix Source => Family == IpFamily.IPv4
        ? new NetPrefix(new NetAddress(_source), new NetAddress(_sourceMask))
        : _extra?.Wide?.Source ?? new NetPrefix(new NetAddress(UInt128.Zero), 0);

    /// <summary>The prefix of <c>-d</c>; /0 is any.</summary>
    public NetPrefix Destination => Family == IpFamily.IPv4
        ? new NetPrefix(new NetAddress(_destination), new NetAddress(_destinationMask))
        : _extra?.Wide?.Destination ?? new NetPrefix(new NetAddress(UInt128.Zero), 0);

    /// <summary>Whether a flag is set.</summary>
    public bool Has(IpSpecFlags flag) => (Flags & flag) != 0;

    /// <inheritdoc/>
    public bool Equals(IpSpec? other) => other is not null
        && Family == other.Family && Flags == other.Flags && Protocol == other.Protocol
        && _source == other._source && _sourceMask == other._sourceMask
        && _destination == other._destination && _destinationMask == other._destinationMask
        && Equals(_extra, other._extra);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IpSpec);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Flags, Protocol, _source, _destination, _sourceMask, _extra);

    /// <summary>What most rules do not have.</summary>
    private sealed record Extra(InterfacePattern? InInterface, InterfacePattern? OutInterface, WideAddresses? Wide);

    private sealed record WideAddresses(NetPrefix Source, NetPrefix Destination);
}

/// <summary>What of a rule's base part is set or inverted (<c>IPT_F_*</c>, <c>IPT_INV_*</c>).</summary>
[Flags]
public enum IpSpecFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>-f</c>: second and later fragments only (IPv4).</summary>
    Fragment = 1,

    /// <summary><c>! -f</c>: all but second and later fragments. Set together with <see cref="Fragment"/>.</summary>
    NotFragment = 2,

    /// <summary><c>! -s</c>.</summary>
    NotSource = 4,

    /// <summary><c>! -d</c>.</summary>
    NotDestination = 8,

    /// <summary><c>! -i</c>.</summary>
    NotInInterface = 16,

    /// <summary><c>! -o</c>.</summary>
    NotOutInterface = 32,

    /// <summary><c>! -p</c>.</summary>
    NotProtocol = 64,

    /// <summary>
    /// <c>-p all</c> of an IPv6 rule: matches like none, but is a condition to Linux (<c>IP6T_F_PROTO</c>), which a saved rule does
    /// not show.
    /// </summary>
    AnyProtocol = 128,
}
