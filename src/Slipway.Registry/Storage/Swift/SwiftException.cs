using System.Net;

namespace Slipway.Registry.Storage.Swift;

/// <summary>What went wrong at the service, said so that a person knows which setting to look at.</summary>
sealed class SwiftException(string message, HttpStatusCode status) : IOException(message)
{
    public HttpStatusCode Status => status;

    /// <summary>Whether the next attempt may fare better.</summary>
    public static bool IsPassing(HttpStatusCode status) => (int)status is 408 or 429 or 498 or 500 or 502 or 503 or 504;
}

static class SwiftAnswer
{
    public static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? values.First() : null;
}
