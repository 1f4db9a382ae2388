using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>Reads, prints and finds the states of <c>conntrack</c> and <c>state</c> (<c>extensions/libxt_conntrack.c</c>).</summary>
internal static class ConntrackStateText
{
    // In the order in which beginnings of names are tried.
    private static readonly (string Name, ConntrackStates State)[] Names =
    [
        ("INVALID", ConntrackStates.Invalid), ("NEW", ConntrackStates.New), ("ESTABLISHED", ConntrackStates.Established),
        ("RELATED", ConntrackStates.Related), ("UNTRACKED", ConntrackStates.Untracked),
        ("SNAT", ConntrackStates.SourceNat), ("DNAT", ConntrackStates.DestinationNat),
    ];

    private static readonly (string Name, ConntrackStates State)[] Printed =
        [Names[0], Names[1], Names[3], Names[2], Names[4], Names[5], Names[6]];

    private static readonly (string Name, ConnectionStatus Status)[] StatusNames =
    [
        ("NONE", ConnectionStatus.None), ("EXPECTED", ConnectionStatus.Expected), ("SEEN_REPLY", ConnectionStatus.SeenReply),
        ("ASSURED", ConnectionStatus.Assured), ("CONFIRMED", ConnectionStatus.Confirmed),
    ];

    /// <summary>Reads a list of states; nat's two only where <paramref name="withNat"/>.</summary>
    public static ConntrackStates Parse(string text, string what, bool withNat) =>
        (ConntrackStates)ParseList(text, what, part =>
            Find(Names.AsSpan(0, withNat ? 7 : 5), part) is { } state ? (int)state : -1);

    /// <summary>Reads a list of status bits.</summary>
    public static ConnectionStatus ParseStatus(string text, string what) =>
        (ConnectionStatus)ParseList(text, what, part => Find<ConnectionStatus>(StatusNames, part) is { } status ? (int)status : -1);

    public static string Format(ConntrackStates states) =>
        string.Join(',', Printed.Where(known => (states & known.State) != 0).Select(known => known.Name));

    public static string Format(ConnectionStatus status) => status == ConnectionStatus.None
        ? "NONE"
        : string.Join(',', StatusNames.Where(known => (status & known.Status) != 0).Select(known => known.Name));

    /// <summary>The state of a packet, nat aside (<c>conntrack_mt</c>).</summary>
    public static ConntrackStates Of(PacketBuffer packet)
    {
        if (packet.Connection < 0)
        {
            // What the CT target left for conntrack counts as a new connection.
            return packet.Template is not null ? ConntrackStates.New
                : packet.ConntrackInfo == ConntrackInfo.Untracked ? ConntrackStates.Untracked
                : ConntrackStates.Invalid;
        }
        return packet.ConntrackInfo switch
        {
            ConntrackInfo.Established or ConntrackInfo.EstablishedReply => ConntrackStates.Established,
            ConntrackInfo.Related or ConntrackInfo.RelatedReply => ConntrackStates.Related,
            _ => ConntrackStates.New,
        };
    }

    // The message names the rest of the list from the wrong word on.
    private static int ParseList(string text, string what, Func<string, int> find)
    {
        int all = 0;
        string rest = text;
        while (true)
        {
            int comma = rest.IndexOf(',');
            int found = find(comma < 0 ? rest : rest[..comma]);
            if (found < 0)
            {
                throw OptionCall.Error(rest.Length == 0 && what == "state"
                    ? "\"--state\" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED"
                    : $"Bad {what} \"{rest}\"");
            }
            all |= found;
            if (comma < 0)
            {
                return all;
            }
            rest = rest[(comma + 1)..];
        }
    }

    private static T? Find<T>(ReadOnlySpan<(string Name, T Value)> names, string part)
        where T : struct
    {
        foreach ((string name, T value) in names)
        {
            if (part.Length > 0 && name.StartsWith(part, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }
        return null;
    }
}
