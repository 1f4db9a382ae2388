using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Netfilter.Sim.Determinism;

/// <summary>
/// An exact probability: numerator / (2^exponent × divisor). Decisions have powers of two for denominators, so the divisor
/// is 1 and no common divisors are looked for; only a choice among a number of values that was split brings another one.
/// <c>default</c> is 0.
/// </summary>
public readonly struct Probability : IEquatable<Probability>, IComparable<Probability>, IFormattable
{
    private readonly BigInteger _numerator;
    private readonly BigInteger _oddDivisorLessOne;
    private readonly int _exponent;

    private Probability(BigInteger numerator, int exponent, BigInteger oddDivisor)
    {
        if (numerator.IsZero)
        {
            return;
        }
        int shift = (int)BigInteger.Min(BigInteger.TrailingZeroCount(numerator), exponent);
        (_numerator, _exponent) = (numerator >> shift, exponent - shift);
        _oddDivisorLessOne = oddDivisor - 1;
    }

    /// <summary>Certain.</summary>
    public static Probability One { get; } = new(1, 0, 1);

    /// <summary>Impossible.</summary>
    public static Probability Zero => default;

    /// <summary>The numerator; odd, unless the denominator is odd.</summary>
    public BigInteger Numerator => Reduced()._numerator;

    /// <summary>The denominator.</summary>
    public BigInteger Denominator => Reduced() is var reduced ? reduced.Divisor << reduced._exponent : default;

    private BigInteger Divisor => _oddDivisorLessOne + 1;

    /// <summary>The probability of a decision's yes.</summary>
    /// <param name="threshold">0 to 2^31 (<see cref="INetfilterChance.Decide"/>).</param>
    public static Probability OfThreshold(uint threshold) =>
        new(Math.Min(threshold, DecisionRange.One), DecisionRange.Bits, 1);

    /// <summary>The probability of one among so many equally likely values.</summary>
    public static Probability OneIn(uint count)
    {
        ArgumentOutOfRangeException.ThrowIfZero(count);
        int twos = BitOperations.TrailingZeroCount(count);
        return new Probability(1, twos, count >> twos);
    }

    /// <summary>The probability that it does not happen.</summary>
    public Probability Complement() => One - this;

    /// <summary>The sum.</summary>
    public static Probability operator +(Probability left, Probability right)
    {
        if (left._numerator.IsZero || right._numerator.IsZero)
        {
            return left._numerator.IsZero ? right : left;
        }
        (BigInteger a, BigInteger b, int exponent, BigInteger divisor) = Align(left, right);
        return new Probability(a + b, exponent, divisor);
    }

    /// <summary>The difference.</summary>
    public static Probability operator -(Probability left, Probability right)
    {
        (BigInteger a, BigInteger b, int exponent, BigInteger divisor) = Align(left, right);
        return new Probability(a - b, exponent, divisor);
    }

    /// <summary>The product: that two independent things happen.</summary>
    public static Probability operator *(Probability left, Probability right) =>
        new(left._numerator * right._numerator, left._exponent + right._exponent, left.Divisor * right.Divisor);

    /// <summary>The sum.</summary>
    public static Probability Add(Probability left, Probability right) => left + right;

    /// <summary>The difference.</summary>
    public static Probability Subtract(Probability left, Probability right) => left - right;

    /// <summary>The product.</summary>
    public static Probability Multiply(Probability left, Probability right) => left * right;

    /// <summary>Whether two are the same number.</summary>
    public static bool operator ==(Probability left, Probability right) => left.Equals(right);

    /// <summary>Whether two are different numbers.</summary>
    public static bool operator !=(Probability left, Probability right) => !left.Equals(right);

    /// <summary>Whether one is less likely.</summary>
    public static bool operator <(Probability left, Probability right) => left.CompareTo(right) < 0;

    /// <summary>Whether one is likelier.</summary>
    public static bool operator >(Probability left, Probability right) => left.CompareTo(right) > 0;

    /// <summary>Whether one is at most as likely.</summary>
    public static bool operator <=(Probability left, Probability right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one is at least as likely.</summary>
    public static bool operator >=(Probability left, Probability right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public bool Equals(Probability other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Probability other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Numerator, Denominator);

    /// <inheritdoc/>
    public int CompareTo(Probability other)
    {
        (BigInteger a, BigInteger b, _, _) = Align(this, other);
        return a.CompareTo(b);
    }

    /// <summary>The nearest <see cref="double"/>, or one beside it.</summary>
    public double ToDouble()
    {
        BigInteger scaled = (Numerator << 64) / Denominator;
        return (double)scaled / Math.Pow(2, 64);
    }

    /// <summary>The fraction, for example <c>715827883/2147483648</c>; 0 and 1 are written so.</summary>
    public override string ToString() => ToString(null, CultureInfo.InvariantCulture);

    /// <summary>The fraction, or with a format <c>F</c> and a number of digits the decimal, rounded half up.</summary>
    /// <param name="format">Null, empty or <c>G</c> for the fraction; <c>F6</c>, for example, for 0.333333.</param>
    /// <param name="formatProvider">Not used: the same everywhere.</param>
    /// <exception cref="FormatException">Another format.</exception>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        if (string.IsNullOrEmpty(format) || format == "G")
        {
            Probability reduced = Reduced();
            BigInteger denominator = reduced.Divisor << reduced._exponent;
            return denominator.IsOne
                ? reduced._numerator.ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{reduced._numerator}/{denominator}");
        }
        if (format[0] != 'F' || !int.TryParse(format.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int digits))
        {
            throw new FormatException($"'{format}' is not G or F with a number of digits.");
        }
        return ToDecimal(digits);
    }

    private string ToDecimal(int digits)
    {
        BigInteger denominator = Divisor << _exponent;
        BigInteger scaled = ((2 * _numerator * BigInteger.Pow(10, digits)) + denominator) / (2 * denominator);
        string text = scaled.ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        return digits == 0 ? text : $"{text[..^digits]}.{text[^digits..]}";
    }

    private Probability Reduced()
    {
        if (_oddDivisorLessOne.IsZero)
        {
            return this;
        }
        BigInteger common = BigInteger.GreatestCommonDivisor(_numerator, Divisor);
        return common.IsOne ? this : new Probability(_numerator / common, _exponent, Divisor / common);
    }

    private static (BigInteger Left, BigInteger Right, int Exponent, BigInteger Divisor) Align(Probability left, Probability right)
    {
        int exponent = Math.Max(left._exponent, right._exponent);
        BigInteger a = left._numerator << (exponent - left._exponent);
        BigInteger b = right._numerator << (exponent - right._exponent);
        return left._oddDivisorLessOne == right._oddDivisorLessOne
            ? (a, b, exponent, left.Divisor)
            : (a * right.Divisor, b * left.Divisor, exponent, left.Divisor * right.Divisor);
    }
}
