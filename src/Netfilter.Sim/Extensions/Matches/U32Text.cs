using System.Collections.Immutable;
using System.Globalization;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>The small language of <see cref="U32Match"/> (<c>extensions/libxt_u32.c u32_parse</c>).</summary>
internal sealed class U32Text
{
    private const int Most = 10;

    private readonly string _text;
    private int _at;

    private U32Text(string text) => _text = text;

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    /// <summary>Reads tests.</summary>
    public static object? Parse(string text) => new U32Text(text).Tests();

    /// <summary>Writes tests as they are read.</summary>
    public static void Write(OptionWriter writer, EquatableArray<U32Test> tests)
    {
        for (int i = 0; i < tests.Length; i++)
        {
            writer.Raw(i > 0 ? "&&" : "");
            Write(writer, tests[i]);
        }
    }

    /// <summary>Writes one test.</summary>
    public static void Write(OptionWriter writer, in U32Test test)
    {
        for (int i = 0; i < test.Location.Length; i++)
        {
            U32Step step = test.Location[i];
            writer.Raw(i == 0 ? "" : step.Operator switch
            {
                U32Operator.And => "&",
                U32Operator.ShiftLeft => "<<",
                U32Operator.ShiftRight => ">>",
                _ => "@",
            }).Hex(step.Number);
        }
        for (int i = 0; i < test.Ranges.Length; i++)
        {
            U32Range range = test.Ranges[i];
            writer.Raw(i == 0 ? '=' : ',').Hex(range.Low);
            if (range.Low != range.High)
            {
                writer.Raw(':').Hex(range.High);
            }
        }
    }

    private EquatableArray<U32Test> Tests()
    {
        ImmutableArray<U32Test>.Builder tests = ImmutableArray.CreateBuilder<U32Test>();
        while (true)
        {
            ImmutableArray<U32Step> location = Location();
            ImmutableArray<U32Range> ranges = Ranges(out bool isLast);
            tests.Add(new U32Test(new(location), new(ranges)));
            if (tests.Count > Most)
            {
                _at -= isLast ? 0 : 1;
                throw At("too many \"&&\"s");
            }
            if (isLast)
            {
                return new(tests.ToImmutable());
            }
        }
    }

    private ImmutableArray<U32Step> Location()
    {
        ImmutableArray<U32Step>.Builder steps = ImmutableArray.CreateBuilder<U32Step>();
        while (true)
        {
            SkipBlanks();
            switch (Current)
            {
                case '\0':
                    throw OptionCall.Error("u32: abrupt end of input after location specifier");
                case '=':
                    if (steps.Count == 0)
                    {
                        throw At("location spec missing");
                    }
                    _at++;
                    return steps.ToImmutable();
            }
            U32Operator @operator = steps.Count == 0 ? U32Operator.And : Operator();
            steps.Add(new U32Step(@operator, Number()));
            if (steps.Count > Most)
            {
                throw At("too many operators");
            }
        }
    }

    private U32Operator Operator()
    {
        char c = Current;
        U32Operator @operator = c switch
        {
            '&' => U32Operator.And,
            '<' => U32Operator.ShiftLeft,
            '>' => U32Operator.ShiftRight,
            '@' => U32Operator.At,
            _ => throw At("operator expected"),
        };
        _at++;
        if (c is '<' or '>')
        {
            if (Current != c)
            {
                throw At($"a second '{c}' was expected");
            }
            _at++;
        }
        return @operator;
    }

    private ImmutableArray<U32Range> Ranges(out bool isLast)
    {
        ImmutableArray<U32Range>.Builder ranges = ImmutableArray.CreateBuilder<U32Range>();
        while (true)
        {
            SkipBlanks();
            isLast = Current == '\0';
            if (isLast)
            {
                return ranges.Count > 0 ? ranges.ToImmutable() : throw OptionCall.Error("u32: test ended with no value specified");
            }
            if (Current == '&')
            {
                _at++;
                if (Current != '&')
                {
                    throw At("a second '&' was expected");
                }
                if (ranges.Count == 0)
                {
                    throw At("value spec missing");
                }
                _at++;
                return ranges.ToImmutable();
            }
            if (ranges.Count > 0)
            {
                if (Current != ',')
                {
                    throw At("expected \",\" or \"&&\"");
                }
                _at++;
            }
            ranges.Add(Range());
            if (ranges.Count > Most)
            {
                throw At("too many \",\"s");
            }
        }
    }

    private U32Range Range()
    {
        uint low = Number();
        SkipBlanks();
        if (Current != ':')
        {
            return new U32Range(low, low);
        }
        _at++;
        return new U32Range(low, Number());
    }

    private uint Number()
    {
        if (!CNumber.TryReadPrefix(_text.AsSpan(_at), out int used, out ulong number, 0, uint.MaxValue))
        {
            throw At("not a number or out of range");
        }
        _at += used;
        return (uint)number;
    }

    private void SkipBlanks()
    {
        while (Current is ' ' or (>= '\t' and <= '\r'))
        {
            _at++;
        }
    }

    private IptablesException At(string message) =>
        OptionCall.Error(string.Create(CultureInfo.InvariantCulture, $"u32: at char {_at}: {message}"));
}
