using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Slipway.Registry.Endpoints;

/// <summary>What is said beside an answer that has to do with a cache's upstream.</summary>
static class UpstreamHeaders
{
    public static void Write(HttpResponse response, TimeSpan? retryAfter, string? warning)
    {
        if (retryAfter is { } wait) response.Headers.RetryAfter = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        // OCI Distribution Specification 1.1, "Warnings": code 299, agent '-', the text in quotes.
        if (warning is not null) response.Headers.Warning = $"299 - \"{new string([.. warning.Where(c => c is >= ' ' and <= '~' and not '"' and not '\\')])}\"";
    }
}
