using Netfilter.Sim.Addressing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j CLUSTERIP</c>: shared an address between nodes (<c>net/ipv4/netfilter/ipt_CLUSTERIP.c</c>, gone since Linux 6.3). The tool
/// reads it and the kernel refuses the rule.
/// </summary>
/// <param name="HashMode">What is hashed; null for a rule that joins a cluster.</param>
/// <param name="MacAddress">The multicast address of the cluster.</param>
/// <param name="TotalNodes">How many nodes there are.</param>
/// <param name="LocalNode">Which of them this host is.</param>
/// <param name="Seed">Seed of the hash.</param>
public sealed record ClusteripTarget(string? HashMode, ulong MacAddress, byte TotalNodes, byte LocalNode, uint Seed) : ExtensionTarget
{
    private const int MaxNodes = 16;
    private const ulong GroupBit = 1UL << 40;

    private static readonly string[] Modes = ["sourceip", "sourceip-sourceport", "sourceip-sourceport-destport"];
    private static readonly string[] OfNewCluster = ["hashmode", "clustermac", "total-nodes", "local-node"];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "CLUSTERIP",
        Summary = "Shared an address between nodes; not in the recorded kernel.",
        Source = "net/ipv4/netfilter/ipt_CLUSTERIP.c, extensions/libipt_CLUSTERIP.c",
        NotModelled = "CLUSTERIP is not in the recorded kernel",
        OnlyFamily = IpFamily.IPv4,
        InKernel = false,
        Options =
        [
            new("new") { Help = "Makes a cluster." },
            new("hashmode", OptionKind.Text) { ValueName = "mode", Help = "What is hashed.", Parse = ReadMode },
            new("clustermac", OptionKind.MacAddress) { ValueName = "address", Help = "A multicast Ethernet address.", Parse = ReadMac },
            new("total-nodes", OptionKind.UInt16) { Max = MaxNodes, ValueName = "n", Help = "How many nodes there are." },
            new("local-node", OptionKind.UInt16) { Max = MaxNodes, ValueName = "n", Help = "Which of them this host is." },
            new("hash-init", OptionKind.UInt32) { ValueName = "number", Help = "Seed of the hash." },
        ],
        FinalCheck = FinalCheck,
        Build = values => new ClusteripTarget(
            values.Get<string?>("hashmode", null),
            values.Get("clustermac", 0UL),
            (byte)values.Get("total-nodes", 0UL),
            (byte)values.Get("local-node", 0UL),
            (uint)values.Get("hash-init", 0UL)),
        Sample = source =>
        [
            "--new", "--hashmode", "sourceip", "--clustermac", "01:00:5e:00:00:01", "--total-nodes", "4",
            "--local-node", $"{1 + source.Next(4)}", "--hash-init", "5",
        ],
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override string? NotModelled => Extension.NotModelled;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context) => TargetVerdict.Unknown;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (HashMode is null)
        {
            return;
        }
        writer.Flag("new").Option("hashmode", HashMode).Flag("clustermac").Raw(' ');
        WriteMac(writer);
        writer.Option("total-nodes", TotalNodes).Option("local-node", LocalNode).Option("hash-init", Seed);
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("CLUSTERIP");
        if (HashMode is null)
        {
            return;
        }
        writer.Word("hashmode=").Raw(HashMode).Word("clustermac=");
        WriteMac(writer);
        writer.Word("total_nodes=").Number(TotalNodes).Word("local_node=").Number(LocalNode).Word("hash_init=").Number(Seed);
    }

    private void WriteMac(OptionWriter writer)
    {
        for (int shift = 40; shift >= 0; shift -= 8)
        {
            byte part = (byte)(MacAddress >> shift);
            writer.Raw("0123456789ABCDEF"[part >> 4]).Raw("0123456789ABCDEF"[part & 15]).Raw(shift > 0 ? ":" : "");
        }
    }

    private static object? ReadMode(OptionCall call) => Modes.Contains(call.Argument)
        ? call.Argument
        : throw OptionCall.Error($"Unknown hashmode \"{call.Argument}\"");

    private static object? ReadMac(OptionCall call) => ((ulong)call.Value! & GroupBit) != 0
        ? call.Value
        : throw OptionCall.Error("MAC has to be a multicast ethernet address");

    private static void FinalCheck(OptionValues values)
    {
        bool isNew = values.Has("new") && OfNewCluster.All(values.Has);
        if (!isNew && values.Count > 0)
        {
            throw OptionCall.Error("CLUSTERIP target: Invalid parameter combination");
        }
    }
}
