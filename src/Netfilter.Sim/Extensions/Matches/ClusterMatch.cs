using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Nat;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m cluster</c>: whether this node of a cluster is to handle a connection (<c>net/netfilter/xt_cluster.c xt_cluster_mt</c>): by
/// a hash of the source address of the connection, or of the one that expected it.
/// </summary>
/// <param name="NodeMask">The nodes that this host is, a bit each.</param>
/// <param name="TotalNodes">How many nodes there are.</param>
/// <param name="Seed">The seed of the hash, the same on all nodes.</param>
/// <param name="IsInverted">Whether the other nodes' connections are meant.</param>
public sealed record ClusterMatch(uint NodeMask, uint TotalNodes, uint Seed, bool IsInverted) : Match
{
    private const uint MaxNodes = 32;
    private const byte NoConnection = 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "cluster",
        KernelBytes = 16,
        Summary = "Matches the connections that one node of a cluster is to handle.",
        Source = "net/netfilter/xt_cluster.c, extensions/libxt_cluster.c",
        Options =
        [
            new("cluster-total-nodes", OptionKind.UInt32)
            {
                Required = true, Min = 1, Max = MaxNodes, ValueName = "n", Help = "How many nodes there are.",
            },
            new("cluster-local-node", OptionKind.UInt32)
            {
                Invertible = true, Excludes = ["cluster-local-nodemask"], Min = 1, Max = MaxNodes, ValueName = "n",
                Help = "Which node this host is, from 1.",
            },
            new("cluster-local-nodemask", OptionKind.UInt32)
            {
                Invertible = true, Excludes = ["cluster-local-node"], Min = 1, Max = MaxNodes, ValueName = "mask",
                Help = "Which nodes this host is; the tool takes no more than 32.",
            },
            new("cluster-hash-seed", OptionKind.UInt32) { Required = true, ValueName = "number", Help = "Seed of the hash." },
        ],
        FinalCheck = FinalCheck,
        Build = values => new ClusterMatch(
            MaskOf(values),
            (uint)values.Get<ulong>("cluster-total-nodes"),
            (uint)values.Get<ulong>("cluster-hash-seed"),
            values.IsInverted("cluster-local-node") || values.IsInverted("cluster-local-nodemask")),
        // The tool reads back no mask beyond 32, which stands for the sixth node.
        Sample = source =>
        [
            "--cluster-total-nodes", $"{8 + source.Next(8)}", "--cluster-local-node", $"{1 + source.Next(6)}",
            "--cluster-hash-seed", $"{source.Next(int.MaxValue)}",
        ],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => RuleNeeds.Conntrack;

    /// <summary>A packet for one host in a multicast frame becomes one for this host: the only match that changes packets.</summary>
    public override MatchResult Evaluate(in MatchContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.PacketType == PacketType.Multicast && !IsGroup(packet))
        {
            packet.PacketType = PacketType.Host;
        }
        if (packet.Connection < 0)
        {
            return MatchResult.No(NoConnection);
        }
        uint node = NodeOf(packet.Connection, context.Walk);
        return MatchResult.When(((NodeMask >> (int)node) & 1) != (IsInverted ? 1u : 0), 0, node + 1);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == NoConnection
        ? "the packet belongs to no connection"
        : string.Create(CultureInfo.InvariantCulture, $"the connection is node {result.Seen}'s of {TotalNodes}");

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag("cluster-local-nodemask", IsInverted).Raw(' ').Hex(NodeMask, 8);
        writer.Option("cluster-total-nodes", TotalNodes).Flag("cluster-hash-seed").Raw(' ').Hex(Seed, 8);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("cluster ").Raw(IsInverted ? "!" : "").Raw("node_mask=").Hex(NodeMask, 8);
        writer.Word("total_nodes=").Number(TotalNodes).Word("hash_seed=").Hex(Seed, 8);
    }

    // xt_cluster_hash: the hash sees the address's first four bytes, little-endian; of an IPv6 address, too, since Linux takes
    // the number of its words for their size.
    private uint NodeOf(int connection, WalkContext walk)
    {
        ConnectionTracker tracker = walk.Conntrack;
        int master = tracker.MasterOf(connection);
        NetAddress source = tracker.Original(master < 0 ? connection : master).Source;
        uint word = source.Family == IpFamily.IPv4 ? source.IPv4Bits : (uint)(source.Bits >> 96);
        uint hash = JenkinsHash.Hash1(BinaryPrimitives.ReverseEndianness(word), Seed);
        return (uint)(((ulong)hash * TotalNodes) >> 32);
    }

    private static bool IsGroup(PacketBuffer packet) =>
        packet.Family == IpFamily.IPv4 ? packet.DestinationV4 >> 28 == 14 : packet.Span[24] == 0xff;

    private static uint MaskOf(OptionValues values) => values.Has("cluster-local-node")
        ? 1u << ((int)values.Get<ulong>("cluster-local-node") - 1)
        : (uint)values.Get("cluster-local-nodemask", 0UL);

    private static void FinalCheck(OptionValues values)
    {
        if (!values.HasAny("cluster-local-node", "cluster-local-nodemask"))
        {
            throw OptionCall.Error("cluster match: `--cluster-local-node' or`--cluster-local-nodemask' is missing");
        }
        if (!values.Has("cluster-total-nodes") || !values.Has("cluster-hash-seed"))
        {
            return;
        }
        ulong total = values.Get<ulong>("cluster-total-nodes");
        if (values.Has("cluster-local-node") && values.Get<ulong>("cluster-local-node") > total)
        {
            throw OptionCall.Error("cluster match: `--cluster-local-node' must be <= `--cluster-total-nodes'");
        }
        if (values.Has("cluster-local-nodemask") && MaskOf(values) >= 1UL << (int)total)
        {
            throw OptionCall.Error("cluster match: `--cluster-local-nodemask' too big for `--cluster-total-nodes'");
        }
    }
}
