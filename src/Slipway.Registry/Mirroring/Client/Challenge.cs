using System.Net.Http.Headers;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>How a registry wants to be authenticated to: its WWW-Authenticate (RFC 9110, section 11.6.1; Docker's token authentication specification).</summary>
sealed record Challenge
{
    /// <summary>Where tokens are had; null: Basic.</summary>
    public Uri? Realm { get; init; }

    public string? Service { get; init; }

    /// <summary>What it says that the request needs: repository:team/app:pull.</summary>
    public string? Scope { get; init; }

    /// <summary>The best that we can answer, Bearer before Basic; null where it asks for neither.</summary>
    public static Challenge? Best(HttpHeaderValueCollection<AuthenticationHeaderValue> offered)
    {
        foreach (var offer in offered)
        {
            if (!offer.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) continue;
            var parameters = Parameters(offer.Parameter ?? "");
            if (parameters.TryGetValue("realm", out var realm) && Uri.TryCreate(realm, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                return new Challenge { Realm = url, Service = parameters.GetValueOrDefault("service"), Scope = parameters.GetValueOrDefault("scope") };
        }
        return offered.Any(offer => offer.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)) ? new Challenge() : null;
    }

    // name="value with , and \" in it", name=value
    static Dictionary<string, string> Parameters(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < text.Length;)
        {
            var equals = text.IndexOf('=', i);
            if (equals < 0) break;
            var name = text[i..equals].Trim(' ', ',', '\t');
            var value = new System.Text.StringBuilder();
            i = equals + 1;
            if (i < text.Length && text[i] == '"')
            {
                for (i++; i < text.Length && text[i] != '"'; i++)
                {
                    if (text[i] == '\\' && i + 1 < text.Length) i++;
                    value.Append(text[i]);
                }
                i++;
            }
            else
            {
                for (; i < text.Length && text[i] != ','; i++) value.Append(text[i]);
            }
            found[name] = value.ToString().Trim();
        }
        return found;
    }
}
