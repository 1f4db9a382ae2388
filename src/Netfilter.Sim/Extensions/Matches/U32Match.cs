using System.Buffers.Binary;
using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m u32</c>: compares 32-bit words of the packet, found by shifts, masks and pointers
/// (<c>net/netfilter/xt_u32.c u32_match_it</c>).
/// </summary>
/// <param name="Tests">The tests; all must hold.</param>
/// <param name="IsInverted">Whether the answer is turned round.</param>
public sealed record U32Match(EquatableArray<U32Test> Tests, bool IsInverted) : Match
{
    private const byte AllHold = byte.MaxValue;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "u32",
        KernelBytes = 1984,
        Summary = "Matches by 32-bit words anywhere in the packet.",
        Source = "net/netfilter/xt_u32.c, extensions/libxt_u32.c",
        Options =
        [
            new("u32", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "tests", Parse = call => U32Text.Parse(call.Argument),
                Help = "location=range[,range] [&& ...], locations with &, <<, >> and @.",
                Sample = source => $"{source.Next(40)}>>16&0xff={source.Next(256)}:255&&0={source.Next(9)}",
            },
        ],
        Build = values => new U32Match(values.Get<EquatableArray<U32Test>>("u32"), values.IsInverted("u32")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> ip = context.Packet.Span;
        ReadOnlySpan<U32Test> tests = Tests.AsSpan();
        for (int i = 0; i < tests.Length; i++)
        {
            bool isRead = TryLocate(ip, tests[i].Location.AsSpan(), out uint word);
            if (!isRead || !IsIn(word, tests[i].Ranges.AsSpan()))
            {
                // What could not be read is told apart from words by a bit above them.
                return MatchResult.When(IsInverted, (byte)i, isRead ? word : 1UL << 32);
            }
        }
        return MatchResult.When(!IsInverted, AllHold);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result)
    {
        if (result.Condition >= Tests.Length)
        {
            return "all tests hold";
        }
        OptionWriter test = new();
        U32Text.Write(test, Tests[result.Condition]);
        return result.Seen > uint.MaxValue
            ? $"the packet is too short for {test}"
            : string.Create(CultureInfo.InvariantCulture, $"0x{result.Seen:x} is not {test}");
    }

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag("u32", IsInverted).Raw(" \"");
        U32Text.Write(writer, Tests);
        writer.Raw('"');
    }

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Word("u32").Raw(IsInverted ? " ! \"" : " \"");
        U32Text.Write(writer, Tests);
        writer.Raw('"');
    }

    private static bool TryLocate(ReadOnlySpan<byte> ip, ReadOnlySpan<U32Step> steps, out uint word)
    {
        ulong at = 0;
        if (!TryRead(ip, steps[0].Number, out word))
        {
            return false;
        }
        foreach (U32Step step in steps[1..])
        {
            switch (step.Operator)
            {
                case U32Operator.And:
                    word &= step.Number;
                    break;
                case U32Operator.ShiftLeft:
                    word <<= (int)step.Number;
                    break;
                case U32Operator.ShiftRight:
                    word >>= (int)step.Number;
                    break;
                default:
                    at += word;
                    if (at > uint.MaxValue - 4 || !TryRead(ip, at + step.Number, out word))
                    {
                        return false;
                    }
                    break;
            }
        }
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> ip, ulong offset, out uint word)
    {
        bool isInside = ip.Length >= 4 && offset <= (ulong)ip.Length - 4;
        word = isInside ? BinaryPrimitives.ReadUInt32BigEndian(ip[(int)offset..]) : 0;
        return isInside;
    }

    private static bool IsIn(uint word, ReadOnlySpan<U32Range> ranges)
    {
        foreach (U32Range range in ranges)
        {
            if (range.Low <= word && word <= range.High)
            {
                return true;
            }
        }
        return false;
    }
}
