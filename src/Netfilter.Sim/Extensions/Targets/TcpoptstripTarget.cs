using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// <c>-j TCPOPTSTRIP</c>: overwrites TCP options with no-operations (<c>net/netfilter/xt_TCPOPTSTRIP.c tcpoptstrip_mangle_packet</c>).
/// </summary>
/// <param name="Kinds">The kinds of options, ascending.</param>
public sealed record TcpoptstripTarget(EquatableArray<byte> Kinds) : ExtensionTarget
{
    private const byte NoOperation = 1;

    private static readonly (string Name, byte Kind)[] Names =
        [("wscale", 3), ("mss", 2), ("sack-permitted", 4), ("sack", 5), ("timestamp", 8), ("md5", 19)];

    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "TCPOPTSTRIP",
        KernelBytes = 32,
        Summary = "Overwrites TCP options with no-operations.",
        Source = "net/netfilter/xt_TCPOPTSTRIP.c, extensions/libxt_TCPOPTSTRIP.c",
        OnlyTable = "mangle",
        RequiredProtocol = 6,
        Options =
        [
            new("strip-options", OptionKind.Text)
            {
                ValueName = "kind[,kind]", Help = "Kinds of options, by number or name.", Parse = ReadKinds,
                Sample = source => $"{2 + source.Next(125)},{127 + source.Next(128)}",
            },
        ],
        Build = values => new TcpoptstripTarget(values.Get<EquatableArray<byte>>("strip-options", default)),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        PacketBuffer packet = context.Packet;
        if (packet.FragmentOffset != 0)
        {
            return TargetVerdict.Continue;
        }
        Span<byte> header = packet.HasTransport && packet.TransportOffset <= packet.Length
            ? packet.Writable[packet.TransportOffset..]
            : default;
        if (header.Length < 20)
        {
            return TargetVerdict.Drop;
        }
        int length = (header[12] >> 4) * 4;
        if (length < 20 || length > header.Length)
        {
            return TargetVerdict.Drop;
        }
        for (int i = 20; i < length - 1;)
        {
            int size = header[i] <= NoOperation || header[i + 1] == 0 ? 1 : header[i + 1];
            if (i + size > length)
            {
                break;
            }
            if (Kinds.AsSpan().Contains(header[i]))
            {
                Overwrite(header, i, size);
            }
            i += size;
        }
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        if (Kinds.Length > 0)
        {
            writer.Option("strip-options", Text(isNumeric: true));
        }
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        if (Kinds.Length > 0)
        {
            writer.Word("TCPOPTSTRIP options ").Raw(Text(context.IsNumeric));
        }
    }

    private static void Overwrite(Span<byte> header, int start, int size)
    {
        for (int i = start; i < start + size; i++)
        {
            bool isHigh = i % 2 == 0;
            ushort old = (ushort)(isHigh ? header[i] << 8 : header[i]), no = (ushort)(isHigh ? NoOperation << 8 : NoOperation);
            ChecksumUpdate.Apply(header.Slice(16, 2), ChecksumUpdate.Delta(old, no));
            header[i] = NoOperation;
        }
    }

    private string Text(bool isNumeric) => string.Join(',', Kinds.Select(kind =>
        (isNumeric ? null : Names.FirstOrDefault(known => known.Kind == kind).Name)
        ?? kind.ToString(CultureInfo.InvariantCulture)));

    private static object? ReadKinds(OptionCall call)
    {
        SortedSet<byte> kinds = [];
        foreach (string text in call.Argument.Split(','))
        {
            byte named = Names.FirstOrDefault(known => known.Name == text).Kind;
            bool isRead = CNumber.TryRead(text, out ulong number, 0, 255);
            if (isRead && number < 2)
            {
                throw OptionCall.Error("Option value may not be 0 or 1");
            }
            kinds.Add(named != 0 ? named : isRead ? (byte)number : throw OptionCall.Error($"Bad TCP option value \"{text}\""));
        }
        return new EquatableArray<byte>(kinds.ToImmutableArray());
    }
}
