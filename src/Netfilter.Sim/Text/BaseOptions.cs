using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Text;

/// <summary>The options that iptables itself has (<c>iptables/iptables.c original_opts</c>, <c>IPT_OPTSTRING</c>).</summary>
internal static class BaseOptions
{
    private const string LettersWithWord = "ACDENPRIMcdijopstgm";
    private const string LettersWithOptionalWord = "FLSXZwWh";
    private const string LettersAlone = "Vvnxfb46";

    private static readonly (string Name, ArgumentNeed Need, char Letter)[] Long =
    [
        ("append", ArgumentNeed.Required, 'A'), ("delete", ArgumentNeed.Required, 'D'), ("check", ArgumentNeed.Required, 'C'),
        ("insert", ArgumentNeed.Required, 'I'), ("replace", ArgumentNeed.Required, 'R'), ("list", ArgumentNeed.Optional, 'L'),
        ("list-rules", ArgumentNeed.Optional, 'S'), ("flush", ArgumentNeed.Optional, 'F'), ("zero", ArgumentNeed.Optional, 'Z'),
        ("new-chain", ArgumentNeed.Required, 'N'), ("delete-chain", ArgumentNeed.Optional, 'X'),
        ("rename-chain", ArgumentNeed.Required, 'E'), ("policy", ArgumentNeed.Required, 'P'),
        ("source", ArgumentNeed.Required, 's'), ("destination", ArgumentNeed.Required, 'd'), ("src", ArgumentNeed.Required, 's'),
        ("dst", ArgumentNeed.Required, 'd'), ("protocol", ArgumentNeed.Required, 'p'), ("in-interface", ArgumentNeed.Required, 'i'),
        ("jump", ArgumentNeed.Required, 'j'), ("table", ArgumentNeed.Required, 't'), ("match", ArgumentNeed.Required, 'm'),
        ("numeric", ArgumentNeed.No, 'n'), ("out-interface", ArgumentNeed.Required, 'o'), ("verbose", ArgumentNeed.No, 'v'),
        ("wait", ArgumentNeed.Optional, 'w'), ("wait-interval", ArgumentNeed.Optional, 'W'), ("exact", ArgumentNeed.No, 'x'),
        ("fragments", ArgumentNeed.No, 'f'), ("version", ArgumentNeed.No, 'V'), ("help", ArgumentNeed.Optional, 'h'),
        ("line-numbers", ArgumentNeed.No, '0'), ("modprobe", ArgumentNeed.Required, 'M'),
        ("set-counters", ArgumentNeed.Required, 'c'), ("goto", ArgumentNeed.Required, 'g'), ("ipv4", ArgumentNeed.No, '4'),
        ("ipv6", ArgumentNeed.No, '6'),
    ];

    private static readonly LongOption[] LongV4 = [.. Long.Select(o => new LongOption(o.Name, o.Need, o.Letter))];
    private static readonly LongOption[] LongV6 = [.. LongV4.Where(option => option.Name != "fragments")];

    /// <summary>The long options of a family's tool.</summary>
    public static IReadOnlyList<LongOption> LongOf(IpFamily family) => family == IpFamily.IPv4 ? LongV4 : LongV6;

    /// <summary>What a letter takes; null when it is no option.</summary>
    public static ArgumentNeed? NeedOf(char letter) =>
        LettersWithWord.Contains(letter) ? ArgumentNeed.Required
        : LettersWithOptionalWord.Contains(letter) ? ArgumentNeed.Optional
        : LettersAlone.Contains(letter) ? ArgumentNeed.No
        : null;
}
