using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Slipway.Gateway.Measuring;

/// <summary>
/// Kestrel refuses what is no HTTP, is too large or too slow before anything of ours sees it, and tells nobody but its log. So that is where they are
/// counted: of HTTP/1.1 in category Microsoft.AspNetCore.Server.Kestrel.BadRequests, one entry with the exception for each; of HTTP/2 in Kestrel.Http2,
/// where a stream or the connection ends by an error of the client's.
/// </summary>
sealed class RefusalLogging(ILoggerFactory inner, Refusals refusals) : ILoggerFactory
{
    const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel.";

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName switch
        {
            Kestrel + "BadRequests" => new Counting(logger, refusals),
            Kestrel + "Http2" => new Http2Counting(logger, refusals),
            _ => logger,
        };
    }

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>Not the inner one, which is its maker's.</summary>
    public void Dispose()
    {
    }

    sealed class Counting(ILogger inner, Refusals refusals) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is BadHttpRequestException bad) refusals.Count(bad.StatusCode);
            if (inner.IsEnabled(logLevel)) inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    sealed class Http2Counting(ILogger inner, Refusals refusals) : ILogger
    {
        // Of the connection, of a stream, of header compression; and a stream that Kestrel resets, for whatever reason.
        const int ConnectionError = 29, StreamError = 30, CodingError = 31, StreamReset = 35;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

        /// <summary>These are all Debug. Below that each frame would be an entry.</summary>
        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Debug || inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is ConnectionError or StreamError or CodingError || eventId.Id == StreamReset && IsClients(state)) refusals.Count(400);
            if (inner.IsEnabled(logLevel)) inner.Log(logLevel, eventId, state, exception, formatter);
        }

        static bool IsClients<TState>(TState state)
        {
            if (state is not IReadOnlyList<KeyValuePair<string, object?>> values) return false;
            foreach (var (_, value) in values)
                if (value?.ToString() == "PROTOCOL_ERROR") return true;
            return false;
        }
    }
}
