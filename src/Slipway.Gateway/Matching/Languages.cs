using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Slipway.Gateway.Matching;

/// <summary>
/// What a client prefers by Accept-Language (RFC 9110, section 12.5.4): of the languages that it lists those with the highest weight. That it would also
/// take another one is no reason: most browsers list English somewhere.
/// </summary>
static class Languages
{
    /// <param name="wanted">Ranges, of which one must hold a preferred language by basic filtering (RFC 4647, section 3.3.1).</param>
    public static bool Prefers(StringValues headers, string[] wanted)
    {
        var (best, holds) = (0.0, false);
        foreach (var header in headers)
        {
            var text = header.AsSpan();
            foreach (var range in text.Split(','))
            {
                var item = text[range];
                var semicolon = item.IndexOf(';');
                var weight = semicolon < 0 ? 1 : WeightOf(item[(semicolon + 1)..]);
                if (weight <= 0 || weight < best) continue;
                var language = (semicolon < 0 ? item : item[..semicolon]).Trim(" \t");
                if (language.IsEmpty) continue;
                if (weight > best) (best, holds) = (weight, false);
                holds |= IsOneOf(language, wanted);
            }
        }
        return holds;
    }

    static bool IsOneOf(ReadOnlySpan<char> language, string[] wanted)
    {
        if (language is "*") return true;
        foreach (var range in wanted)
            if (language.StartsWith(range, StringComparison.OrdinalIgnoreCase) && (language.Length == range.Length || language[range.Length] == '-')) return true;
        return false;
    }

    /// <summary>RFC 9110, section 12.4.2; what is no weight is none.</summary>
    static double WeightOf(ReadOnlySpan<char> parameters)
    {
        var text = parameters.Trim(" \t");
        return text is ['q' or 'Q', '=', .. var number] && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) && weight <= 1 ? weight : 0;
    }
}
