namespace Slipway.Releases.Canary;

/// <summary>95% bounds, one-sided where nothing else is said, that are sound for few requests too. Pure.</summary>
static class Bounds
{
    /// <summary>The standard normal distribution's 95% quantile.</summary>
    const double Z = 1.6448536269514722;

    /// <summary>Its 97.5% quantile.</summary>
    public const double TwoSidedZ = 1.959963984540054;

    const double Confidence = 0.95;

    /// <summary>For more requests the normal distribution is used: what it is wrong by is far below a bucket's width.</summary>
    const long Exact = 20_000;

    /// <summary>Wilson's score interval of a proportion (E. B. Wilson, JASA 22, 1927).</summary>
    public static (double Low, double High) Wilson(long hits, long all, double z = Z) => Wilson(hits, all, all, z);

    /// <param name="hits">Of <paramref name="all"/>.</param>
    /// <param name="all">Counted.</param>
    /// <param name="independent">So many independent ones say as much.</param>
    /// <param name="z">Quantile of the standard normal distribution.</param>
    static (double Low, double High) Wilson(long hits, long all, double independent, double z)
    {
        if (all <= 0) return (0, 1);
        double n = independent, p = (double)hits / all, z2 = z * z;
        var (middle, half) = ((p + z2 / (2 * n)) / (1 + z2 / n), z * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n));
        // The ends are exact where rounding would leave a trace beyond them.
        return (hits == 0 ? 0 : Math.Max(0, middle - half), hits == all ? 1 : Math.Min(1, middle + half));
    }

    /// <summary>The least by which the first proportion is above the second (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10).</summary>
    public static double LeastDifference(long hits, long all, long otherHits, long otherAll) => Difference(hits, all, otherHits, otherAll, Z).Low;

    /// <summary>The two-sided 95% interval of the first proportion less the second, by the same method.</summary>
    public static (double Low, double High) Difference(long hits, long all, long otherHits, long otherAll, double z = TwoSidedZ) =>
        Difference((hits, all, all), (otherHits, otherAll, otherAll), z);

    /// <summary>The same where what was counted is not independent: so many independent ones say as much.</summary>
    public static (double Low, double High) Difference((long Hits, long All, double Independent) first, (long Hits, long All, double Independent) second, double z = TwoSidedZ)
    {
        if (first.All <= 0 || second.All <= 0) return (-1, 1);
        double p = (double)first.Hits / first.All, other = (double)second.Hits / second.All;
        var (one, two) = (Wilson(first.Hits, first.All, first.Independent, z), Wilson(second.Hits, second.All, second.Independent, z));
        return (
            p - other - Math.Sqrt((p - one.Low) * (p - one.Low) + (two.High - other) * (two.High - other)),
            p - other + Math.Sqrt((one.High - p) * (one.High - p) + (other - two.Low) * (other - two.Low)));
    }

    /// <summary>Student's 97.5% quantile, from 5 degrees of freedom on to three digits (Abramowitz and Stegun, 26.7.5).</summary>
    public static double TwoSidedT(int degrees)
    {
        double z = TwoSidedZ, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, n = degrees;
        return z + ((z3 + z) / (4 * n)) + (((5 * z5) + (16 * z3) + (3 * z)) / (96 * n * n)) + (((3 * z7) + (19 * z5) + (17 * z3) - (15 * z)) / (384 * n * n * n));
    }

    /// <summary>
    /// Rank from 1 of the order statistic that is below the quantile with 95% confidence, whatever the distribution: the largest k with
    /// P(Binomial(n, quantile) ≥ k) ≥ 95% (H. A. David, Order Statistics, section 7.1). 0 where there is none.
    /// </summary>
    public static long LowRank(long all, double quantile)
    {
        // Of those above the quantile: at most so many with 95%.
        var above = LeastWith(all, 1 - quantile);
        return Math.Max(0, all - above);
    }

    /// <summary>Rank of the order statistic that is above the quantile with 95% confidence; the largest value where there are too few for one.</summary>
    public static long HighRank(long all, double quantile)
    {
        if (all > Exact) return Math.Min(all, (long)Math.Ceiling(all * quantile + Z * Math.Sqrt(all * quantile * (1 - quantile))) + 1);
        // P(at least so many above the quantile) ≥ 95%  ⇔  P(fewer) ≤ 5%.
        var (fewer, probability, above) = (0.0, Math.Pow(quantile, all), 0L);
        while (above <= all && fewer + probability <= 1 - Confidence)
        {
            fewer += probability;
            probability *= (all - above) * (1 - quantile) / ((above + 1) * quantile);
            above++;
        }
        return Math.Min(all, all - above + 1);
    }

    /// <summary>The least m with P(Binomial(n, p) ≤ m) ≥ 95%.</summary>
    static long LeastWith(long n, double p)
    {
        if (n > Exact) return Math.Min(n, (long)Math.Ceiling(n * p + Z * Math.Sqrt(n * p * (1 - p))));
        var (sum, probability) = (0.0, Math.Pow(1 - p, n));
        for (long m = 0; m <= n; m++)
        {
            sum += probability;
            if (sum >= Confidence) return m;
            probability *= (n - m) * p / ((m + 1) * (1 - p));
        }
        return n;
    }
}
