using System.Globalization;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary><c>-j CLASSIFY</c>: sets the priority, which is a queueing class (<c>net/netfilter/xt_CLASSIFY.c classify_tg</c>).</summary>
/// <param name="Major">The major number.</param>
/// <param name="Minor">The minor number.</param>
public sealed record ClassifyTarget(ushort Major, ushort Minor) : ExtensionTarget
{
    /// <summary>The declaration.</summary>
    public static TargetDeclaration Extension { get; } = new()
    {
        Name = "CLASSIFY",
        KernelBytes = 8,
        Summary = "Sets the priority of a packet, which names a queueing class.",
        Source = "net/netfilter/xt_CLASSIFY.c, extensions/libxt_CLASSIFY.c",
        Hooks = Hooks.LocalOut | Hooks.Forward | Hooks.PostRouting,
        Options =
        [
            new("set-class", OptionKind.Text)
            {
                Required = true, ValueName = "major:minor", Help = "The class, two hexadecimal numbers.", Parse = ReadClass,
                Sample = source => $"{source.Next(65536):x}:{source.Next(65536):x}",
            },
        ],
        Build = values => values.Get<ClassifyTarget>("set-class"),
    };

    /// <inheritdoc/>
    public override TargetDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override TargetVerdict Evaluate(in TargetContext context)
    {
        context.Packet.Priority = ((uint)Major << 16) | Minor;
        return TargetVerdict.Continue;
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) =>
        writer.Option("set-class", string.Create(CultureInfo.InvariantCulture, $"{Major:x4}:{Minor:x4}"));

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word(string.Create(CultureInfo.InvariantCulture, $"CLASSIFY set {Major:x}:{Minor:x}"));

    // sscanf("%x:%x"): a sign, 0x and anything after the second number are taken.
    private static object? ReadClass(OptionCall call)
    {
        ReadOnlySpan<char> text = call.Argument;
        bool isRead = TryReadHex(ref text, out ushort major) && text.Length > 0 && text[0] == ':';
        text = isRead ? text[1..] : text;
        return isRead && TryReadHex(ref text, out ushort minor)
            ? new ClassifyTarget(major, minor)
            : throw OptionCall.Error($"Bad class value \"{call.Argument}\"");
    }

    private static bool TryReadHex(ref ReadOnlySpan<char> text, out ushort value)
    {
        text = text.TrimStart();
        bool isNegative = text.Length > 0 && text[0] == '-';
        text = text.Length > 0 && text[0] is '-' or '+' ? text[1..] : text;
        text = text.Length > 2 && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        int digits = 0;
        uint number = 0;
        while (digits < text.Length && char.IsAsciiHexDigit(text[digits]))
        {
            number = unchecked((number << 4) | (uint)HexDigit(text[digits++]));
        }
        text = text[digits..];
        value = unchecked((ushort)(isNegative ? 0 - number : number));
        return digits > 0;
    }

    private static int HexDigit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
