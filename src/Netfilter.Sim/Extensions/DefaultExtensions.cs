using System.Collections.Immutable;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Extensions.Targets;

namespace Netfilter.Sim.Extensions;

/// <summary>The extensions of the library, named one by one: no scanning, so that trimming and AOT keep working.</summary>
internal static class DefaultExtensions
{
    public static ImmutableArray<ExtensionDeclaration> All { get; } =
    [
        AddressTypeMatch.Extension,
        AhMatch.ExtensionV4,
        AhMatch.ExtensionV6,
        CommentMatch.Extension,
        ConnmarkMatch.Extension,
        ConntrackMatch.Extension,
        DccpMatch.Extension,
        EspMatch.Extension,
        Eui64Match.Extension,
        FragMatch.Extension,
        Icmp6Match.Extension,
        IcmpMatch.Extension,
        IpcompMatch.Extension,
        Ipv6OptionsMatch.HopByHop,
        Ipv6OptionsMatch.Destination,
        Ipv6headerMatch.Extension,
        LimitMatch.Extension,
        MarkMatch.Extension,
        MhMatch.Extension,
        MultiportMatch.Extension,
        RecentMatch.Extension,
        RtMatch.Extension,
        SctpMatch.Extension,
        SetMatch.Extension,
        SrhMatch.Extension,
        StateMatch.Extension,
        StatisticMatch.Extension,
        TcpMatch.Extension,
        TcpmssMatch.Extension,
        UdpMatch.Extension,

        AuditTarget.Extension,
        ChecksumTarget.Extension,
        ClassifyTarget.Extension,
        ConnmarkTarget.Extension,
        ConnsecmarkTarget.Extension,
        CtTarget.Extension,
        DnatTarget.Extension,
        IdletimerTarget.Extension,
        LogTarget.Extension,
        MarkTarget.Extension,
        MasqueradeTarget.Extension,
        NflogTarget.Extension,
        NfqueueTarget.Extension,
        NotrackTarget.Extension,
        NptTarget.Source,
        NptTarget.Destination,
        RedirectTarget.Extension,
        RejectTarget.Extension,
        SecmarkTarget.Extension,
        SetTarget.Extension,
        SnatTarget.Extension,
        TcpoptstripTarget.Extension,
        TraceTarget.Extension,
    ];
}
