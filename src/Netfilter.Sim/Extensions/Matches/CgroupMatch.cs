using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m cgroup</c>: the control group of the socket that sends or gets a packet (<c>net/netfilter/xt_cgroup.c cgroup_mt_v2</c>).
/// </summary>
/// <param name="Path">A path in the cgroup2 hierarchy; null to go by <paramref name="ClassId"/>.</param>
/// <param name="ClassId">A class of the net_cls controller; null to go by <paramref name="Path"/>.</param>
/// <param name="IsInverted">Whether sockets in other groups are meant.</param>
public sealed record CgroupMatch(string? Path, uint? ClassId, bool IsInverted) : Match
{
    private const byte NoSocket = 1;
    private const int MaxPath = 511;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "cgroup",
        KernelBytes = 528,
        Summary = "Matches by the control group of the packet's socket.",
        Source = "net/netfilter/xt_cgroup.c, extensions/libxt_cgroup.c",
        Revision = 2,
        Hooks = Hooks.LocalIn | Hooks.LocalOut | Hooks.PostRouting,
        Options =
        [
            new("path", OptionKind.Text)
            {
                Invertible = true, KeptBytes = MaxPath, ValueName = "path", Help = "A path in the cgroup2 hierarchy.", Sample = _ => "/",
            },
            new("cgroup", OptionKind.UInt32) { Invertible = true, ValueName = "class", Help = "A class of net_cls." },
        ],
        Build = values => new CgroupMatch(
            values.Get<string?>("path", null),
            values.Has("cgroup") ? (uint)values.Get<ulong>("cgroup") : null,
            values.IsInverted("path") || values.IsInverted("cgroup")),
        Sample = source => source.Next(2) == 0 ? ["--path", "/"] : ["!", "--cgroup", $"{source.Next(1000)}"],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        Path is null == ClassId is null || (Path is not null && !check.Environment.HasCgroup(Path))
            ? KernelErrno.Invalid
            : KernelErrno.None;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (context.Packet.Socket is not { } socket)
        {
            return MatchResult.No(NoSocket);
        }
        bool isMeant = Path is null ? socket.ClassId == ClassId : IsWithin(socket.CgroupPath, Path);
        return MatchResult.When(isMeant != IsInverted, 0, socket.ClassId);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == NoSocket
        ? "the packet has no socket"
        : Path is null
            ? Reason.Value("class", result, ClassId!.Value, IsInverted)
            : $"the socket's group is {((result.Answer == MatchAnswer.Yes) != IsInverted ? "" : "not ")}within {Path}";

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Path is not null)
        {
            writer.QuotedOption("path", Path, IsInverted);
        }
        if (ClassId is { } id)
        {
            writer.Option("cgroup", id, IsInverted);
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        if (Path is not null)
        {
            writer.Word("cgroup ").Raw(IsInverted ? "! " : "").Raw(Path);
        }
        if (ClassId is { } id)
        {
            writer.Word("cgroup ").Raw(IsInverted ? "! " : "").Number(id);
        }
    }

    // cgroup_is_descendant: a group is within itself.
    private static bool IsWithin(string path, string ancestor)
    {
        ReadOnlySpan<char> inner = path.AsSpan().Trim('/'), outer = ancestor.AsSpan().Trim('/');
        return outer.IsEmpty || (inner.StartsWith(outer) && (inner.Length == outer.Length || inner[outer.Length] == '/'));
    }
}
