using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j LOG</c>: writes a line about the packet to the kernel's log (<c>net/netfilter/xt_LOG.c log_tg</c>,
/// <c>struct xt_log_info</c>).
/// </summary>
public sealed record LogTarget : ExtensionTarget
{
    private const byte Warning = 4;
    private const int MaxPrefixBytes = 29;

    // Numbers of several names print the first; "warn" is only ever printed.
    private static readonly string[] LevelNames = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "LOG",
        KernelBytes = 32,
        Summary = "Writes a line about the packet to the kernel's log.",
        Source = "net/netfilter/xt_LOG.c, net/netfilter/nf_log_syslog.c, extensions/libxt_LOG.c",
        Options =
        [
            new("log-level", OptionKind.SyslogLevel) { ValueName = "level", Help = "The level, by number or name.", Sample = source => $"{source.Next(8)}" },
            new("log-prefix", OptionKind.Text)
            {
                MinBytes = 1, KeptBytes = MaxPrefixBytes, ValueName = "text", Parse = ParsePrefix,
                Help = "What the line begins with, at most 29 bytes.", Sample = source => $"prefix{source.Next(100)}:",
            },
            new("log-tcp-sequence") { Help = "Write TCP sequence numbers." },
            new("log-tcp-options") { Help = "Write TCP options." },
            new("log-ip-options") { Help = "Write IP options." },
            new("log-uid") { Help = "Write user and group of the sending socket." },
            new("log-macdecode") { Help = "Write hardware addresses in words." },
        ],
        Build = values => new LogTarget
        {
            Level = (byte)values.Get("log-level", (ulong)Warning),
            Prefix = values.Get("log-prefix", ""),
            Flags = (values.Has("log-tcp-sequence") ? LogFlags.TcpSequence : 0)
                | (values.Has("log-tcp-options") ? LogFlags.TcpOptions : 0)
                | (values.Has("log-ip-options") ? LogFlags.IpOptions : 0)
                | (values.Has("log-uid") ? LogFlags.Uid : 0)
                | (values.Has("log-macdecode") ? LogFlags.MacDecode : 0),
        },
    };

    /// <summary>The level: 0 to 7.</summary>
    public byte Level { get; init; } = Warning;

    /// <summary>What the line begins with.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What is written besides the usual.</summary>
    public LogFlags Flags { get; init; }

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Prefix.Length > 0)
        {
            writer.QuotedOption("log-prefix", Prefix);
        }
        if (Level != Warning)
        {
            writer.Option("log-level", Level);
        }
        WriteFlags(writer, " --log-");
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("LOG");
        if (context.IsNumeric)
        {
            writer.Word("flags ").Number((byte)Flags).Word("level ").Number(Level);
        }
        else
        {
            writer.Word("level ").Raw(LevelNames[Level]);
            WriteFlags(writer, " ");
        }
        if (Prefix.Length > 0)
        {
            writer.Word("prefix \"").Raw(Prefix).Raw('"');
        }
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        if (!ReferenceEquals(context.Walk.Sink, DiscardingSink.Instance))
        {
            context.Walk.Sink.OnLog(LogLine.Format(context.Packet, context.Hook, Prefix, Flags));
        }
        return TargetVerdict.Continue;
    }

    private void WriteFlags(OptionWriter writer, string before)
    {
        foreach ((LogFlags flag, string name) in FlagNames)
        {
            if ((Flags & flag) != 0)
            {
                writer.Raw(before).Raw(name);
            }
        }
    }

    private static readonly (LogFlags Flag, string Name)[] FlagNames =
    [
        (LogFlags.TcpSequence, "tcp-sequence"), (LogFlags.TcpOptions, "tcp-options"), (LogFlags.IpOptions, "ip-options"),
        (LogFlags.Uid, "uid"), (LogFlags.MacDecode, "macdecode"),
    ];

    private static object? ParsePrefix(OptionCall call) => call.Argument.Contains('\n')
        ? throw OptionCall.Error("Newlines not allowed in --log-prefix")
        : call.Value;
}

/// <summary>What LOG writes besides the usual (<c>XT_LOG_*</c>).</summary>
[Flags]
public enum LogFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>TCP sequence and acknowledgement numbers.</summary>
    TcpSequence = 1,

    /// <summary>TCP options in hexadecimal.</summary>
    TcpOptions = 2,

    /// <summary>IPv4 options in hexadecimal, IPv6 extension headers in words.</summary>
    IpOptions = 4,

    /// <summary>User and group of the socket.</summary>
    Uid = 8,

    /// <summary>Hardware addresses in words.</summary>
    MacDecode = 32,
}
