using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m u32</c>: arithmetic on 32-bit words of the packet (<c>net/netfilter/xt_u32.c u32_match_it</c>,
/// <c>struct xt_u32</c>).
/// </summary>
public sealed record U32Match : Match
{
    private const byte Value = 0, OutOfPacket = 1;
    private const int Most = 10;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "u32",
        Summary = "Matches values computed from words of the packet.",
        Source = "net/netfilter/xt_u32.c, extensions/libxt_u32.c",
        Options =
        [
            new("u32", OptionKind.Text)
            {
                Required = true, Invertible = true, ValueName = "tests", Help = "location=values[&&location=values...].",
                Parse = call => new Reader(call.Argument).Read(), Sample = source => $"{source.Next(64)}>>{source.Next(32)}&0xff={source.Next(256)}",
            },
        ],
        Build = values => new U32Match
        {
            Tests = values.Get<ImmutableArray<U32Test>>("u32"),
            IsNegated = values.IsInverted("u32"),
        },
    };

    /// <summary>The tests, all of which have to hold.</summary>
    public ImmutableArray<U32Test> Tests { get; init; } = [];

    /// <summary><c>! --u32</c>.</summary>
    public bool IsNegated { get; init; }

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    private string Text => string.Join("&&", Tests);

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("u32", $"\"{Text}\"", IsNegated);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("u32 ").Raw(IsNegated ? "! " : "").Raw('"').Raw(Text).Raw('"');

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        ReadOnlySpan<byte> bytes = context.Packet.Span;
        foreach (U32Test test in Tests.AsSpan())
        {
            if (!test.TryCompute(bytes, out uint value))
            {
                return MatchResult.When(IsNegated, OutOfPacket);
            }
            if (!test.Holds(value))
            {
                return MatchResult.When(IsNegated, Value, value);
            }
        }
        return MatchResult.When(!IsNegated, Value);
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Condition == OutOfPacket
        ? "a word lies outside the packet"
        : (result.Answer == MatchAnswer.Yes) != IsNegated
            ? "the tests hold"
            : string.Create(CultureInfo.InvariantCulture, $"a test sees 0x{result.Seen:x}");

    /// <inheritdoc/>
    public bool Equals(U32Match? other) => other is not null && IsNegated == other.IsNegated
        && Tests.AsSpan().SequenceEqual(other.Tests.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tests.Length, IsNegated, Tests.Length > 0 ? Tests[0] : null);

    /// <summary>Reads tests (<c>libxt_u32.c u32_parse</c>). Blanks may stand anywhere between words.</summary>
    private sealed class Reader(string text)
    {
        private int _at;

        public object? Read()
        {
            ImmutableArray<U32Test>.Builder tests = ImmutableArray.CreateBuilder<U32Test>();
            while (true)
            {
                (uint start, ImmutableArray<U32Step> steps) = ReadLocation();
                tests.Add(new U32Test(start, steps, ReadValues(out bool isLast)));
                if (tests.Count > Most)
                {
                    throw Error(isLast ? _at : _at - 1, "too many \"&&\"s");
                }
                if (isLast)
                {
                    return tests.ToImmutable();
                }
            }
        }

        private (uint Start, ImmutableArray<U32Step> Steps) ReadLocation()
        {
            uint start = ReadNumber();
            ImmutableArray<U32Step>.Builder steps = ImmutableArray.CreateBuilder<U32Step>();
            while (true)
            {
                SkipBlanks();
                char c = Peek();
                if (c == '=')
                {
                    _at++;
                    return (start, steps.ToImmutable());
                }
                U32Operator operation = c switch
                {
                    '&' => U32Operator.And,
                    '<' when Peek(1) == '<' => U32Operator.ShiftLeft,
                    '>' when Peek(1) == '>' => U32Operator.ShiftRight,
                    '@' => U32Operator.At,
                    _ => throw (_at >= text.Length
                        ? OptionCall.Error("u32: abrupt end of input after location specifier")
                        : Error(_at, "operator expected")),
                };
                _at += operation is U32Operator.ShiftLeft or U32Operator.ShiftRight ? 2 : 1;
                steps.Add(new U32Step(operation, ReadNumber()));
                if (steps.Count == Most)
                {
                    throw Error(_at, "too many operators");
                }
            }
        }

        private ImmutableArray<(uint Low, uint High)> ReadValues(out bool isLast)
        {
            ImmutableArray<(uint Low, uint High)>.Builder values = ImmutableArray.CreateBuilder<(uint Low, uint High)>();
            while (true)
            {
                SkipBlanks();
                if (_at >= text.Length)
                {
                    throw OptionCall.Error("u32: test ended with no value specified");
                }
                uint low = ReadNumber(), high = low;
                SkipBlanks();
                if (Peek() == ':')
                {
                    _at++;
                    high = ReadNumber();
                    SkipBlanks();
                }
                values.Add((low, high));
                if (values.Count > Most)
                {
                    throw Error(_at, "too many \",\"s");
                }
                isLast = _at >= text.Length;
                if (isLast)
                {
                    return values.ToImmutable();
                }
                if (Peek() == '&' && Peek(1) == '&')
                {
                    _at += 2;
                    return values.ToImmutable();
                }
                if (Peek() != ',')
                {
                    throw Error(_at, "expected \",\" or \"&&\"");
                }
                _at++;
            }
        }

        private uint ReadNumber()
        {
            SkipBlanks();
            if (!CNumber.TryReadPrefix(text.AsSpan(_at), out int used, out ulong number, 0, uint.MaxValue))
            {
                throw Error(_at, "not a number or out of range");
            }
            _at += used;
            return (uint)number;
        }

        private void SkipBlanks()
        {
            while (_at < text.Length && text[_at] is ' ' or (>= '\t' and <= '\r'))
            {
                _at++;
            }
        }

        private char Peek(int ahead = 0) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

        private static IptablesException Error(int at, string what) =>
            OptionCall.Error(string.Create(CultureInfo.InvariantCulture, $"u32: at char {at}: {what}"));
    }
}

/// <summary>One test of <c>u32</c>: a value computed from the packet, and the values it may have (<c>struct xt_u32_test</c>).</summary>
/// <param name="Start">Offset of the first word from the IP header.</param>
/// <param name="Steps">What is done with it.</param>
/// <param name="Values">Ranges of values, one of which has to hold.</param>
public sealed record U32Test(uint Start, ImmutableArray<U32Step> Steps, ImmutableArray<(uint Low, uint High)> Values)
{
    /// <inheritdoc/>
    public bool Equals(U32Test? other) => other is not null && Start == other.Start
        && Steps.AsSpan().SequenceEqual(other.Steps.AsSpan()) && Values.AsSpan().SequenceEqual(other.Values.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Start, Steps.Length, Values.Length);

    /// <summary>The test as it is printed.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"0x{Start:x}");
        foreach (U32Step step in Steps)
        {
            string sign = step.Operator switch
            {
                U32Operator.And => "&",
                U32Operator.ShiftLeft => "<<",
                U32Operator.ShiftRight => ">>",
                _ => "@",
            };
            text.Append(sign).Append(CultureInfo.InvariantCulture, $"0x{step.Number:x}");
        }
        for (int i = 0; i < Values.Length; i++)
        {
            (uint low, uint high) = Values[i];
            text.Append(i == 0 ? '=' : ',').Append(CultureInfo.InvariantCulture, $"0x{low:x}");
            if (low != high)
            {
                text.Append(CultureInfo.InvariantCulture, $":0x{high:x}");
            }
        }
        return text.ToString();
    }

    internal bool Holds(uint value)
    {
        foreach ((uint low, uint high) in Values.AsSpan())
        {
            if (value >= low && value <= high)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The value; false when a word lies outside the packet.</summary>
    internal bool TryCompute(ReadOnlySpan<byte> bytes, out uint value)
    {
        value = 0;
        uint at = 0, length = (uint)bytes.Length;
        if (!TryRead(bytes, at, Start, out value))
        {
            return false;
        }
        foreach (U32Step step in Steps.AsSpan())
        {
            // The processor shifts by the lowest five bits of the number.
            switch (step.Operator)
            {
                case U32Operator.And:
                    value &= step.Number;
                    break;
                case U32Operator.ShiftLeft:
                    value <<= (int)step.Number;
                    break;
                case U32Operator.ShiftRight:
                    value >>= (int)step.Number;
                    break;
                default:
                    uint moved = unchecked(at + value);
                    if (moved < at || unchecked(moved + 4) < moved || length < moved + 4
                        || !TryRead(bytes, at = moved, step.Number, out value))
                    {
                        return false;
                    }
                    break;
            }
        }
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, uint at, uint position, out uint value)
    {
        value = 0;
        if (bytes.Length < at + 4 || position > bytes.Length - at - 4)
        {
            return false;
        }
        value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[(int)(at + position)..]);
        return true;
    }
}

/// <summary>One step of a <c>u32</c> computation.</summary>
/// <param name="Operator">What is done.</param>
/// <param name="Number">With which number.</param>
public readonly record struct U32Step(U32Operator Operator, uint Number);

/// <summary>What <c>u32</c> does with a value (<c>enum xt_u32_ops</c>).</summary>
public enum U32Operator : byte
{
    /// <summary><c>&amp;</c>.</summary>
    And,

    /// <summary><c>&lt;&lt;</c>.</summary>
    ShiftLeft,

    /// <summary><c>&gt;&gt;</c>.</summary>
    ShiftRight,

    /// <summary><c>@</c>: moves the start forward by the value and reads the word at the number from there.</summary>
    At,
}
