using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Tests.Determinism;

public class ProbabilityTests
{
    [Theory]
    [InlineData(715827883, "715827883/2147483648", "0.333333")]
    [InlineData(1u << 30, "1/2", "0.500000")]
    [InlineData(0, "0", "0.000000")]
    [InlineData(1u << 31, "1", "1.000000")]
    [InlineData(1, "1/2147483648", "0.000000")]
    [InlineData(1073742, "536871/1073741824", "0.000500")]
    public void ToString_Thresholds_GivesFractionAndDecimal(uint threshold, string fraction, string number)
    {
        Probability probability = Probability.OfThreshold(threshold);
        probability.ToString().ShouldBe(fraction);
        probability.ToString("F6", CultureInfo.InvariantCulture).ShouldBe(number);
    }

    [Fact]
    public void ToString_OddDenominators_AreReduced()
    {
        Probability third = Probability.OneIn(3);
        (third + third).ToString().ShouldBe("2/3");
        (third + third + third).ShouldBe(Probability.One);
        (third + third + third).ToString().ShouldBe("1");
        (Probability.OneIn(64512) * Probability.OfThreshold(1u << 30)).ToString().ShouldBe("1/129024");
        Probability.OneIn(6).ToString("F2", CultureInfo.InvariantCulture).ShouldBe("0.17");
        Should.Throw<FormatException>(() => third.ToString("X", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Arithmetic_RandomFractions_AgreesWithBigIntegers()
    {
        Gen<(BigInteger Value, BigInteger Of, Probability Probability)> fraction = Gen.OneOf(
            Gen.Choose(0, int.MaxValue).Select(n => ((BigInteger)n, BigInteger.One << 31, Probability.OfThreshold((uint)n))),
            Gen.Choose(1, 100_000).Select(n => (BigInteger.One, (BigInteger)n, Probability.OneIn((uint)n))));
        Prop.ForAll(fraction.Two().ToArbitrary(), pair =>
        {
            ((BigInteger n, BigInteger d, Probability p), (BigInteger m, BigInteger e, Probability q)) = pair;
            Same(p + q, (n * e) + (m * d), d * e);
            Same(p - q, (n * e) - (m * d), d * e);
            Same(p * q, n * m, d * e);
            p.CompareTo(q).ShouldBe((n * e).CompareTo(m * d));
            (p == q).ShouldBe(n * e == m * d);
            (p + p.Complement()).ShouldBe(Probability.One);
            p.ToDouble().ShouldBe((double)n / (double)d, 1e-12);
            if (p == q)
            {
                p.GetHashCode().ShouldBe(q.GetHashCode());
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(1, 3));

        static void Same(Probability actual, BigInteger numerator, BigInteger denominator)
        {
            (actual.Numerator * denominator).ShouldBe(numerator * actual.Denominator);
            BigInteger.GreatestCommonDivisor(actual.Numerator, actual.Denominator).ShouldBe(BigInteger.One);
        }
    }
}
