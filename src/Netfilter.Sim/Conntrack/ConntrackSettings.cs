using System.Collections.Frozen;
using System.Collections.Immutable;
using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Conntrack;

/// <summary>
/// The sysctls <c>net.netfilter.nf_conntrack_*</c> of a namespace (<c>nf_conntrack_standalone.c</c>). Immutable:
/// <see cref="With"/> gives another one.
/// </summary>
public sealed class ConntrackSettings
{
    /// <summary>Ticks of the kernel's clock in a second; timeouts have this grain.</summary>
    internal const uint Hz = Jiffies.Hz;

    private const string Prefix = "net.netfilter.nf_conntrack_";

    private static readonly ImmutableArray<(string Name, int Default)> Table =
    [
        ("acct", 0),
        ("buckets", 262144),
        ("checksum", 1),
        ("events", 2),
        ("expect_max", 4096),
        ("log_invalid", 0),
        ("max", 262144),
        ("timestamp", 0),
        ("tcp_be_liberal", 0),
        ("tcp_ignore_invalid_rst", 0),
        ("tcp_loose", 1),
        ("tcp_max_retrans", 3),
        ("generic_timeout", 600),
        ("icmp_timeout", 30),
        ("icmpv6_timeout", 30),
        ("udp_timeout", 30),
        ("udp_timeout_stream", 120),
        ("gre_timeout", 30),
        ("gre_timeout_stream", 180),
        ("tcp_timeout_syn_sent", 120),
        ("tcp_timeout_syn_recv", 60),
        ("tcp_timeout_established", 432000),
        ("tcp_timeout_fin_wait", 120),
        ("tcp_timeout_close_wait", 60),
        ("tcp_timeout_last_ack", 30),
        ("tcp_timeout_time_wait", 120),
        ("tcp_timeout_close", 10),
        ("tcp_timeout_max_retrans", 300),
        ("tcp_timeout_unacknowledged", 300),
        ("sctp_timeout_closed", 10),
        ("sctp_timeout_cookie_wait", 3),
        ("sctp_timeout_cookie_echoed", 3),
        ("sctp_timeout_established", 210),
        ("sctp_timeout_shutdown_sent", 3),
        ("sctp_timeout_shutdown_recd", 3),
        ("sctp_timeout_shutdown_ack_sent", 3),
        ("sctp_timeout_heartbeat_sent", 30),
    ];

    private static readonly FrozenDictionary<string, int> Index = Table
        .Select((entry, index) => KeyValuePair.Create(entry.Name, index)).ToFrozenDictionary(StringComparer.Ordinal);

    private readonly ImmutableArray<int> _values;

    private ConntrackSettings(ImmutableArray<int> values)
    {
        _values = values;
        Timeouts = new ConntrackTimeouts(name => (uint)values[Index[name]] * Hz);
        Checksum = this["checksum"] != 0;
        Accounting = this["acct"] != 0;
        Timestamps = this["timestamp"] != 0;
        Buckets = Math.Max(this["buckets"], 1);
        Max = (uint)this["max"];
        ExpectMax = (uint)this["expect_max"];
        Events = this["events"];
        TcpLoose = this["tcp_loose"] != 0;
        TcpBeLiberal = this["tcp_be_liberal"] != 0;
        TcpIgnoreInvalidRst = this["tcp_ignore_invalid_rst"] != 0;
        TcpMaxRetransmissions = this["tcp_max_retrans"];
    }

    /// <summary>What a new namespace has.</summary>
    public static ConntrackSettings Default { get; } = new([.. Table.Select(entry => entry.Default)]);

    /// <summary>The full names of all settings.</summary>
    public static IEnumerable<string> Names => Table.Select(entry => Prefix + entry.Name);

    internal ConntrackTimeouts Timeouts { get; }

    internal bool Checksum { get; }

    internal bool Accounting { get; }

    internal bool Timestamps { get; }

    internal int Buckets { get; }

    internal uint Max { get; }

    internal uint ExpectMax { get; }

    internal int Events { get; }

    internal bool TcpLoose { get; }

    internal bool TcpBeLiberal { get; }

    internal bool TcpIgnoreInvalidRst { get; }

    internal int TcpMaxRetransmissions { get; }

    private int this[string name] => _values[Index[name]];

    /// <summary>Reads a setting.</summary>
    /// <param name="name">The full name.</param>
    /// <param name="value">Its value; timeouts in seconds.</param>
    /// <returns>False for an unknown name.</returns>
    public bool TryGet(string name, out int value)
    {
        bool found = Index.TryGetValue(ShortName(name), out int index);
        value = found ? _values[index] : 0;
        return found;
    }

    /// <summary>The same with one setting changed.</summary>
    /// <param name="name">The full name.</param>
    /// <param name="value">The value; timeouts in seconds.</param>
    /// <exception cref="ArgumentException">No such setting.</exception>
    public ConntrackSettings With(string name, int value) => Index.TryGetValue(ShortName(name), out int index)
        ? new ConntrackSettings(_values.SetItem(index, value))
        : throw new ArgumentException($"'{name}' is not a conntrack setting.", nameof(name));

    private static string ShortName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name == "net.nf_conntrack_max" ? "max"
            : name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : "";
    }
}
