using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Conntrack.Helpers;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j CT</c>: tells connection tracking how to treat the connection that the packet begins
/// (<c>net/netfilter/xt_CT.c xt_ct_target</c>, <c>struct xt_ct_target_info_v1</c>).
/// </summary>
public sealed record CtTarget : ExtensionTarget
{
    private static readonly (string Name, ConntrackEvents Event)[] EventNames =
    [
        ("new", ConntrackEvents.New), ("related", ConntrackEvents.Related), ("destroy", ConntrackEvents.Destroy),
        ("reply", ConntrackEvents.Reply), ("assured", ConntrackEvents.Assured), ("protoinfo", ConntrackEvents.ProtocolInfo),
        ("helper", ConntrackEvents.Helper), ("mark", ConntrackEvents.Mark), ("natseqinfo", ConntrackEvents.SequenceAdjust),
        ("secmark", ConntrackEvents.SecurityMark),
    ];

    // The helpers of the kernel: name, protocols, and whether they read IPv6 too.
    private static readonly (string Name, byte Protocol, byte OtherProtocol, bool IsForIPv6)[] KernelHelpers =
    [
        ("ftp", IpProtocols.Tcp, 0, true), ("tftp", IpProtocols.Udp, 0, true), ("irc", IpProtocols.Tcp, 0, false),
        ("sip", IpProtocols.Udp, IpProtocols.Tcp, true), ("pptp", IpProtocols.Tcp, 0, false),
        ("amanda", IpProtocols.Udp, 0, true), ("netbios-ns", IpProtocols.Udp, 0, false), ("snmp", IpProtocols.Udp, 0, false),
        ("sane", IpProtocols.Tcp, 0, true), ("RAS", IpProtocols.Udp, 0, true), ("Q.931", IpProtocols.Tcp, 0, true),
    ];

    private readonly ConntrackTemplate? _template;

    /// <summary>The helpers that the kernel has.</summary>
    internal static IEnumerable<(string Name, bool IsForIPv6)> Helpers => KernelHelpers.Select(helper => (helper.Name, helper.IsForIPv6));

    /// <summary>Makes a target.</summary>
    /// <param name="notrack">Whether the packet is not tracked at all.</param>
    /// <param name="zone">The zone.</param>
    /// <param name="zoneFromMark">Whether the packet's mark is the zone's number.</param>
    /// <param name="helper">The helper's name; empty for none.</param>
    /// <param name="timeout">The timeout policy's name; empty for none.</param>
    /// <param name="events">The events to tell of; none for all.</param>
    /// <param name="expectationEvents">The expectation events to tell of; none for all.</param>
    public CtTarget(
        bool notrack = false,
        ConntrackZone zone = default,
        bool zoneFromMark = false,
        string helper = "",
        string timeout = "",
        ConntrackEvents events = ConntrackEvents.None,
        ConntrackEvents expectationEvents = ConntrackEvents.None)
    {
        (Notrack, Zone, ZoneFromMark, Helper, Timeout) = (notrack, zone, zoneFromMark, helper, timeout);
        (Events, ExpectationEvents) = (events, expectationEvents);
        bool hasEvents = events != ConntrackEvents.None || expectationEvents != ConntrackEvents.None;
        _template = notrack ? null : new ConntrackTemplate
        {
            Zone = zone,
            ZoneFromMark = zoneFromMark,
            Helper = ConnectionHelpers.Find(helper),
            Events = hasEvents ? events : null,
            ExpectEvents = hasEvents ? expectationEvents : null,
        };
    }

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "CT",
        KernelBytes = 72,
        Summary = "Tells connection tracking how to treat the connection that the packet begins.",
        Source = "net/netfilter/xt_CT.c, extensions/libxt_CT.c",
        NotModelled = "the helpers sane, RAS and Q.931; the sip helper over TCP",
        OnlyTable = "raw",
        Revision = 2,
        Options =
        [
            new("notrack") { Help = "Do not track it." },
            new("helper", OptionKind.Text) { KeptBytes = 15, ValueName = "name", Help = "Let a helper read it.", Sample = _ => "ftp" },
            new("timeout", OptionKind.Text) { KeptBytes = 31, ValueName = "name", Help = "Use a timeout policy.", Sample = _ => "policy" },
            new("ctevents", OptionKind.Text) { ValueName = "event[,...]", Parse = ParseEvents, Help = "Tell of these events only.", Sample = _ => "new,destroy" },
            new("expevents", OptionKind.Text) { ValueName = "new", Parse = ParseEvents, Help = "Tell of these expectation events only.", Sample = _ => "new" },
            ZoneOption("zone", "Number of the zone, or mark."),
            ZoneOption("zone-orig", "Zone of the original direction only."),
            ZoneOption("zone-reply", "Zone of the reply direction only."),
        ],
        Build = Build,
        Sample = source => ["--zone", $"{source.Next(65535) + 1}"],
    };

    /// <summary>Whether the packet is not tracked at all.</summary>
    public bool Notrack { get; }

    /// <summary>The zone.</summary>
    public ConntrackZone Zone { get; }

    /// <summary>Whether the packet's mark is the zone's number.</summary>
    public bool ZoneFromMark { get; }

    /// <summary>The helper's name; empty for none.</summary>
    public string Helper { get; }

    /// <summary>The timeout policy's name; empty for none.</summary>
    public string Timeout { get; }

    /// <summary>The events to tell of; none for all.</summary>
    public ConntrackEvents Events { get; }

    /// <summary>The expectation events to tell of; none for all.</summary>
    public ConntrackEvents ExpectationEvents { get; }

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override RuleNeeds Needs => Notrack ? RuleNeeds.None : RuleNeeds.Conntrack;

    /// <inheritdoc/>
    public override string? NotModelled =>
        Helper.Length > 0 && ConnectionHelpers.Find(Helper) is null ? $"helper {Helper} is not modelled" : null;

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => Write(writer, " --");

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("CT");
        Write(writer, " ");
    }

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check)
    {
        // xt_ct_tg_check: timeout policies are made by another tool, so there is none.
        if (Notrack)
        {
            return KernelErrno.None;
        }
        IpSpec ip = check.Rule.Ip;
        bool hasHelper = Helper.Length == 0;
        foreach ((string name, byte protocol, byte other, bool isForIPv6) in KernelHelpers)
        {
            hasHelper |= name == Helper && !ip.Has(IpSpecFlags.NotProtocol)
                && (ip.Protocol == protocol || (ip.Protocol == other && other != 0))
                && (isForIPv6 || check.Family == IpFamily.IPv4);
        }
        return hasHelper && Timeout.Length == 0 ? KernelErrno.None : KernelErrno.NoEntry;
    }

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        if (NotModelled is not null)
        {
            return TargetVerdict.Unknown;
        }
        NotrackTarget.Apply(context.Packet, _template);
        return TargetVerdict.Continue;
    }

    private void Write(OptionWriter writer, string before)
    {
        if (Notrack)
        {
            writer.Raw(before).Raw("notrack");
        }
        if (Helper.Length > 0)
        {
            writer.Raw(before).Raw("helper ").Raw(Helper);
        }
        if (Timeout.Length > 0)
        {
            writer.Raw(before).Raw("timeout ").Raw(Timeout);
        }
        WriteEvents(writer, before, "ctevents", Events);
        WriteEvents(writer, before, "expevents", ExpectationEvents);
        if (Zone.Id != 0 || ZoneFromMark)
        {
            string suffix = Zone.Directions switch
            {
                ConntrackZoneDirections.Original => "-orig ",
                ConntrackZoneDirections.Reply => "-reply ",
                _ => " ",
            };
            writer.Raw(before).Raw("zone").Raw(suffix);
            writer.Raw(ZoneFromMark ? "mark" : Zone.Id.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteEvents(OptionWriter writer, string before, string name, ConntrackEvents events)
    {
        if (events != ConntrackEvents.None)
        {
            writer.Raw(before).Raw(name).Raw(' ');
            writer.Raw(string.Join(',', EventNames.Where(known => (events & known.Event) != 0).Select(known => known.Name)));
        }
    }

    private static object? ParseEvents(OptionCall call)
    {
        ConntrackEvents events = ConntrackEvents.None;
        foreach (string part in call.Argument.Split(','))
        {
            int known = Array.FindIndex(EventNames, entry => entry.Name == part && (call.Option.Name == "ctevents" || entry.Name == "new"));
            events |= known >= 0 ? EventNames[known].Event : throw OptionCall.Error($"Unknown event type \"{part}\"");
        }
        return events;
    }

    private static OptionSpec ZoneOption(string name, string help) => new(name, OptionKind.Text)
    {
        ValueName = "id|mark",
        Parse = call => ParseZone(call),
        Help = help,
        Sample = source => $"{source.Next(65535) + 1}",
    };

    // Each of the three options writes the same field; null stands for the packet's mark.
    private static object? ParseZone(OptionCall call)
    {
        if (call.Argument == "mark")
        {
            call.Values.Set("zone-mark", true);
            return null;
        }
        if (!CNumber.TryRead(call.Argument, out ulong id, 0, ushort.MaxValue))
        {
            throw OptionCall.Error($"Cannot parse {call.Argument} as a zone ID");
        }
        call.Values.Set("zone-id", (ushort)id);
        return id;
    }

    private static CtTarget Build(OptionValues values)
    {
        (bool original, bool reply) = (values.Has("zone-orig"), values.Has("zone-reply"));
        ConntrackZoneDirections directions = original == reply ? ConntrackZoneDirections.Both
            : original ? ConntrackZoneDirections.Original
            : ConntrackZoneDirections.Reply;
        return new CtTarget(
            values.Has("notrack"),
            new ConntrackZone(values.Get("zone-id", (ushort)0), directions),
            values.Has("zone-mark"),
            values.Get("helper", ""),
            values.Get("timeout", ""),
            values.Get("ctevents", ConntrackEvents.None),
            values.Get("expevents", ConntrackEvents.None));
    }
}
