namespace Slipway.Releases.Compose;

/// <summary>Which of the known words a person most likely meant.</summary>
static class Spelling
{
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var limit = word.Length <= 4 ? 1 : word.Length <= 8 ? 2 : 3;
        return known.Select(k => (Word: k, Distance: Distance(Plain(word), Plain(k))))
            .Where(p => p.Distance <= limit).OrderBy(p => p.Distance).ThenBy(p => p.Word, StringComparer.Ordinal)
            .Select(p => p.Word).FirstOrDefault();
    }

    /// <summary>The words as a short list for people.</summary>
    public static string Choices(IEnumerable<string> known)
    {
        var words = known.Order(StringComparer.Ordinal).ToList();
        return words.Count switch
        {
            0 => "none is defined",
            > 12 => string.Join(", ", words.Take(12)) + " ...",
            _ => string.Join(", ", words),
        };
    }

    static string Plain(string word) => word.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    // Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 3) return int.MaxValue;
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        return d[a.Length, b.Length];
    }
}
