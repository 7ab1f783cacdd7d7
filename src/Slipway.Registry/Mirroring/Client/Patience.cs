using System.Net;
using System.Net.Http.Headers;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>How often and how long it is tried before a registry is said to be away.</summary>
sealed record Patience
{
    /// <summary>Tries in all.</summary>
    public required int Tries { get; init; }

    /// <summary>Until the head of an answer is there.</summary>
    public required TimeSpan Answer { get; init; }

    /// <summary>The longest wait between two tries; a registry that asks for more is given up.</summary>
    public required TimeSpan LongestWait { get; init; }

    /// <summary>Until the next bytes of a body are there.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Somebody waits for an answer and we have none of our own.</summary>
    public static Patience Waiting { get; } = new() { Tries = 3, Answer = TimeSpan.FromSeconds(20), LongestWait = TimeSpan.FromSeconds(3) };

    /// <summary>Somebody waits, and we have something to give them.</summary>
    public static Patience Hurry { get; } = new() { Tries = 1, Answer = TimeSpan.FromSeconds(4), LongestWait = TimeSpan.Zero };

    /// <summary>Nobody waits.</summary>
    public static Patience Background { get; } = new() { Tries = 6, Answer = TimeSpan.FromSeconds(60), LongestWait = TimeSpan.FromMinutes(2), Silence = TimeSpan.FromMinutes(1) };

    /// <summary>How long to wait before the next try, or null to give up.</summary>
    /// <param name="done">Tries so far, from 1.</param>
    public TimeSpan? Before(int done, TimeSpan? asked)
    {
        if (done >= Tries || asked > LongestWait) return null;
        // Doubling, and jittered over its whole length, so that many who were refused together do not come back together.
        var most = Math.Min(LongestWait.TotalMilliseconds, 250 * Math.Pow(2, done));
        var wait = TimeSpan.FromMilliseconds(most * (0.5 + (Random.Shared.NextDouble() / 2)));
        return asked > wait ? asked : wait;
    }

    public static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    public static TimeSpan? Asked(HttpResponseHeaders headers, TimeProvider time) => headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };
}
