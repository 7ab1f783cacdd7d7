namespace Slipway.Gateway.Matching;

/// <summary>Parameters of a query (application/x-www-form-urlencoded), read where they stand.</summary>
static class Query
{
    /// <param name="query">With its question mark, or empty.</param>
    public static bool Holds(CompiledValue parameter, string query)
    {
        var text = query.AsSpan().TrimStart('?');
        foreach (var range in text.Split('&'))
        {
            var pair = text[range];
            if (pair.IsEmpty) continue;
            var equal = pair.IndexOf('=');
            var name = equal < 0 ? pair : pair[..equal];
            var value = equal < 0 ? default : pair[(equal + 1)..];
            if (Decoded(name).SequenceEqual(parameter.Name) && parameter.Is(Decoded(value))) return !parameter.Absent;
        }
        return parameter.Absent;
    }

    static ReadOnlySpan<char> Decoded(ReadOnlySpan<char> text) =>
        text.ContainsAny('%', '+') ? Uri.UnescapeDataString(text.ToString().Replace('+', ' ')) : text;
}
