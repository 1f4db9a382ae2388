using System.Collections.Immutable;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Extensions.Targets;

namespace Netfilter.Sim.Extensions;

/// <summary>The extensions of the library, named one by one: no scanning, so that trimming and AOT keep working.</summary>
internal static class DefaultExtensions
{
    public static ImmutableArray<ExtensionDeclaration> All { get; } =
    [
        AhMatch.ExtensionV4,
        AhMatch.ExtensionV6,
        CommentMatch.Extension,
        DccpMatch.Extension,
        EspMatch.Extension,
        Eui64Match.Extension,
        FragMatch.Extension,
        Icmp6Match.Extension,
        IcmpMatch.Extension,
        IpcompMatch.Extension,
        Ipv6headerMatch.Extension,
        Ipv6OptionsMatch.Destination,
        Ipv6OptionsMatch.HopByHop,
        LimitMatch.Extension,
        MarkMatch.Extension,
        MhMatch.Extension,
        MultiportMatch.Extension,
        RecentMatch.Extension,
        RtMatch.Extension,
        SctpMatch.Extension,
        SetMatch.Extension,
        SrhMatch.Extension,
        StatisticMatch.Extension,
        TcpMatch.Extension,
        TcpmssMatch.Extension,
        UdpMatch.Extension,

        AuditTarget.Extension,
        ChecksumTarget.Extension,
        ClassifyTarget.Extension,
        ConnsecmarkTarget.Extension,
        IdletimerTarget.Extension,
        MarkTarget.Extension,
        NflogTarget.Extension,
        NfqueueTarget.Extension,
        NptTarget.Destination,
        NptTarget.Source,
        SecmarkTarget.Extension,
        SetTarget.Extension,
        TcpoptstripTarget.Extension,
        TraceTarget.Extension,
    ];
}
