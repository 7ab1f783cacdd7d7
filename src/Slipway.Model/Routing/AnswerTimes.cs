using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// How long requests took, told apart by how they ended: each a histogram by <see cref="ReleaseTraffic.LatencyBuckets"/> with one more bucket for the
/// rest; null where nothing ended so. The time is that to the answer's end.
/// </summary>
public sealed record AnswerTimes
{
    /// <summary>Upgraded connections, with the whole time that they were open.</summary>
    [JsonPropertyName("1xx")] public IReadOnlyList<long>? Upgraded { get; init; }

    [JsonPropertyName("2xx")] public IReadOnlyList<long>? Success { get; init; }

    [JsonPropertyName("3xx")] public IReadOnlyList<long>? Redirect { get; init; }

    [JsonPropertyName("4xx")] public IReadOnlyList<long>? ClientError { get; init; }

    [JsonPropertyName("5xx")] public IReadOnlyList<long>? ServerError { get; init; }

    /// <summary>The gateway had to answer itself, or the answer broke off.</summary>
    [JsonPropertyName("failed")] public IReadOnlyList<long>? Failed { get; init; }

    /// <summary>Clients that left before they had a whole answer, with the time until they did.</summary>
    [JsonPropertyName("left")] public IReadOnlyList<long>? Left { get; init; }

    public static AnswerTimes None { get; } = new();

    /// <summary>Every histogram that there is, with the name of its class: 2xx, failed, left …</summary>
    [JsonIgnore]
    public IEnumerable<(string Class, IReadOnlyList<long> Counts)> Classes
    {
        get
        {
            if (Upgraded is not null) yield return ("1xx", Upgraded);
            if (Success is not null) yield return ("2xx", Success);
            if (Redirect is not null) yield return ("3xx", Redirect);
            if (ClientError is not null) yield return ("4xx", ClientError);
            if (ServerError is not null) yield return ("5xx", ServerError);
            if (Failed is not null) yield return ("failed", Failed);
            if (Left is not null) yield return ("left", Left);
        }
    }

    /// <summary>
    /// Of those that say how fast a release serves: answers that are no error of its own, and clients that had waited for one. What fails quickly is not fast,
    /// and how long a socket was open is no time of an answer.
    /// </summary>
    public IReadOnlyList<long> Served() => Sum(Success, Redirect, ClientError, Left);

    [JsonIgnore]
    public long Requests => Classes.Sum(c => c.Counts.Sum());

    /// <summary>Answers of class 5xx, and requests that got none from an instance, or half of one.</summary>
    [JsonIgnore]
    public long Errors => (ServerError?.Sum() ?? 0) + (Failed?.Sum() ?? 0);

    static long[] Sum(params ReadOnlySpan<IReadOnlyList<long>?> parts)
    {
        var sum = new long[ReleaseTraffic.LatencyBuckets.Count + 1];
        foreach (var part in parts)
            for (var i = 0; part is not null && i < sum.Length && i < part.Count; i++) sum[i] += part[i];
        return sum;
    }
}
