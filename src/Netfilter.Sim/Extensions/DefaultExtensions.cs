using System.Collections.Immutable;
using Netfilter.Sim.Extensions.Matches;
using Netfilter.Sim.Extensions.Targets;

namespace Netfilter.Sim.Extensions;

/// <summary>The extensions of the library, named one by one: no scanning, so that trimming and AOT keep working.</summary>
internal static class DefaultExtensions
{
    public static ImmutableArray<ExtensionDeclaration> All { get; } =
    [
        CommentMatch.Extension,
        Icmp6Match.Extension,
        IcmpMatch.Extension,
        LimitMatch.Extension,
        MarkMatch.Extension,
        MultiportMatch.Extension,
        RecentMatch.Extension,
        SctpMatch.Extension,
        StatisticMatch.Extension,
        TcpMatch.Extension,
        UdpMatch.Extension,

        MarkTarget.Extension,
    ];
}
