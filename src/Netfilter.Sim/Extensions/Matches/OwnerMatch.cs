using System.Globalization;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Routing;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m owner</c>: who owns the socket that sends the packet (<c>net/netfilter/xt_owner.c owner_mt</c>,
/// <c>struct xt_owner_match_info</c>).
/// </summary>
public sealed record OwnerMatch : Match
{
    private const byte SocketExists = 0, UserId = 1, GroupId = 2;
    private const ulong MostId = uint.MaxValue - 1;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "owner",
        KernelBytes = 24,
        Summary = "Matches the user or group that owns the sending socket.",
        Source = "net/netfilter/xt_owner.c, extensions/libxt_owner.c",
        Revision = 1,
        Hooks = Hooks.LocalOut | Hooks.PostRouting,
        Options =
        [
            IdOption("uid-owner", "user", "User, or range of users."),
            IdOption("gid-owner", "group", "Group, or range of groups."),
            new("socket-exists") { Invertible = true, Help = "The packet has a socket." },
            new("suppl-groups") { Parse = ParseSupplementary, Help = "Look at the supplementary groups of the owner, too." },
        ],
        FinalCheck = values =>
        {
            if (values.Count == 0)
            {
                throw OptionCall.Error("owner: At least one of --uid-owner, --gid-owner or --socket-exists is required");
            }
        },
        Build = values => new OwnerMatch
        {
            Users = Ids(values, "uid-owner"),
            Groups = Ids(values, "gid-owner"),
            HasSocket = values.Has("socket-exists") ? !values.IsInverted("socket-exists") : null,
            WithSupplementaryGroups = values.Has("suppl-groups"),
        },
        Sample = source => ["--uid-owner", $"{source.Next(1000)}-{1000 + source.Next(1000)}"],
    };

    /// <summary><c>--uid-owner</c>: least and greatest user id; null when not given.</summary>
    public Negatable<(uint Low, uint High)>? Users { get; init; }

    /// <summary><c>--gid-owner</c>: least and greatest group id; null when not given.</summary>
    public Negatable<(uint Low, uint High)>? Groups { get; init; }

    /// <summary><c>--socket-exists</c>: whether there has to be a socket; null when not given.</summary>
    public bool? HasSocket { get; init; }

    /// <summary><c>--suppl-groups</c>.</summary>
    public bool WithSupplementaryGroups { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (HasSocket is { } exists)
        {
            writer.Flag("socket-exists", !exists);
        }
        if (Users is { } users)
        {
            writer.Option("uid-owner", Text(users.Value), users.IsNegated);
        }
        if (Groups is { } groups)
        {
            writer.Option("gid-owner", Text(groups.Value), groups.IsNegated);
        }
        if (WithSupplementaryGroups)
        {
            writer.Flag("suppl-groups");
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        if (HasSocket is { } exists)
        {
            writer.Raw(exists ? "" : " !").Word("owner socket exists");
        }
        if (Users is { } users)
        {
            ListIds(writer, "owner UID match ", users, context.IsNumeric ? null : context.Environment.Names.Users);
        }
        if (Groups is { } groups)
        {
            ListIds(writer, "owner GID match ", groups, context.IsNumeric ? null : context.Environment.Names.Groups);
        }
        if (WithSupplementaryGroups)
        {
            writer.Word("incl. suppl. groups");
        }
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        Users is { } users && users.Value.High < users.Value.Low || Groups is { } groups && groups.Value.High < groups.Value.Low
            ? KernelErrno.Invalid
            : KernelErrno.None;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        if (context.Packet.Socket is not { } socket)
        {
            // Without a socket only what is asked for inverted holds; the supplementary groups cannot be.
            bool allNegated = HasSocket != true && Users is not { IsNegated: false } && Groups is not { IsNegated: false };
            return MatchResult.When(allNegated && !WithSupplementaryGroups, SocketExists);
        }
        if (HasSocket == false)
        {
            return MatchResult.No(SocketExists, 1);
        }
        if (socket.IsKernel)
        {
            bool asksForOwner = Users is { IsNegated: false } || Groups is { IsNegated: false };
            return MatchResult.When(!asksForOwner, Users is { IsNegated: false } ? UserId : GroupId);
        }
        if (Users is { } users && Holds(users.Value, socket.Uid) == users.IsNegated)
        {
            return MatchResult.No(UserId, socket.Uid);
        }
        if (Groups is { } groups && IsInGroup(groups.Value, socket) == groups.IsNegated)
        {
            return MatchResult.No(GroupId, socket.Gid);
        }
        return MatchResult.Yes;
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition switch
    {
        UserId when Users is { } users => Reason.Value("user", result, Text(users.Value), users.IsNegated),
        GroupId when Groups is { } groups => Reason.Value("group", result, Text(groups.Value), groups.IsNegated),
        _ => result.Answer == MatchAnswer.Yes ? "the owner fits"
            : result.Seen == 0 ? "the packet has no socket"
            : "the packet has a socket",
    };

    private bool IsInGroup((uint Low, uint High) wanted, LocalSocket socket)
    {
        bool holds = Holds(wanted, socket.Gid);
        foreach (uint group in WithSupplementaryGroups ? socket.SupplementaryGroups.AsSpan() : [])
        {
            holds |= Holds(wanted, group);
        }
        return holds;
    }

    private static bool Holds((uint Low, uint High) ids, uint id) => id >= ids.Low && id <= ids.High;

    private static string Text((uint Low, uint High) ids) => ids.Low == ids.High
        ? ids.Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{ids.Low}-{ids.High}");

    private static void ListIds(
        OptionWriter writer, string label, Negatable<(uint Low, uint High)> ids, IReadOnlyDictionary<string, uint>? names)
    {
        (uint low, uint high) = ids.Value;
        string? name = low != high || names is null ? null : names.FirstOrDefault(entry => entry.Value == low).Key;
        writer.Raw(ids.IsNegated ? " !" : "").Word(label).Raw(name ?? Text(ids.Value));
    }

    private static OptionSpec IdOption(string name, string valueName, string help) => new(name, OptionKind.Text)
    {
        Invertible = true,
        ValueName = $"{valueName}[-{valueName}]",
        Parse = ParseIds,
        Help = help,
        Sample = source => $"{source.Next(65536)}",
    };

    private static object? ParseIds(OptionCall call)
    {
        NameDatabase names = call.Environment.Names;
        if ((call.Option.Name == "uid-owner" ? names.Users : names.Groups).TryGetValue(call.Argument, out uint id))
        {
            return (id, id);
        }
        IptablesException bad = OptionCall.Error($"owner: Bad value for \"--{call.Option.Name}\" option: \"{call.Argument}\"");
        if (!CNumber.TryReadPrefix(call.Argument, out int used, out ulong low, 0, MostId))
        {
            throw bad;
        }
        ReadOnlySpan<char> rest = call.Argument.AsSpan(used);
        ulong high = low;
        if (!rest.IsEmpty && (rest[0] is not ('-' or ':') || !CNumber.TryRead(rest[1..], out high, 0, MostId)))
        {
            throw bad;
        }
        return ((uint)low, (uint)high);
    }

    private static object? ParseSupplementary(OptionCall call) => call.Values.Has("gid-owner")
        ? null
        : throw OptionCall.Error("owner: Bad value for \"--suppl-groups\" option: \"you need to use --gid-owner first\"");

    private static Negatable<(uint Low, uint High)>? Ids(OptionValues values, string option) => values.Has(option)
        ? new Negatable<(uint Low, uint High)>(values.Get<(uint, uint)>(option), values.IsInverted(option))
        : null;
}
