using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>What a request looks like. All conditions that are given must hold; a list of matches holds where one of them does.</summary>
public sealed record RequestMatch
{
    /// <summary>Upper case; empty: any.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>
    /// Of the decoded path. Without a star a prefix, at segment boundaries: /api is /api and /api/x, not /apix. With stars a pattern for the whole path:
    /// * is anything within a segment, ** anything at all. Null: any.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>Names in any case. Of several fields of one name one is enough.</summary>
    public IReadOnlyList<ValueCondition> Headers { get; init; } = [];

    /// <summary>Parameters of the query, decoded (application/x-www-form-urlencoded), names as they are written.</summary>
    public IReadOnlyList<ValueCondition> Query { get; init; } = [];

    /// <summary>Names as they are written.</summary>
    public IReadOnlyList<ValueCondition> Cookies { get; init; } = [];

    /// <summary>Networks in CIDR notation, one of which the client is in; empty: any.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>
    /// Language ranges (RFC 4647, section 2.1), one of which holds the language that the client prefers by Accept-Language (basic filtering, section 3.3.1:
    /// de is de and de-CH); empty: any.
    /// </summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>How many conditions there are: of several matches that hold, the one with the most is the closest.</summary>
    [JsonIgnore]
    public int Conditions =>
        Headers.Count + Query.Count + Cookies.Count + (Methods.Count > 0 ? 1 : 0) + (Path is null ? 0 : 1) + (Addresses.Count > 0 ? 1 : 0) + (Languages.Count > 0 ? 1 : 0);
}

/// <summary>A condition on a named value; with neither <see cref="Value"/> nor <see cref="Pattern"/>: that it is there, or with <see cref="Absent"/> that it isn't.</summary>
public sealed record ValueCondition
{
    public required string Name { get; init; }

    /// <summary>The whole value, case and all.</summary>
    public string? Value { get; init; }

    /// <summary>A regular expression for the whole value, see <see cref="MatchPattern"/>.</summary>
    public string? Pattern { get; init; }

    public bool Absent { get; init; }
}
