using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Slipway.Gateway.Measuring;

/// <summary>
/// Kestrel refuses what is no HTTP, is too large or too slow before anything of ours sees it, and tells nobody but its log: category
/// Microsoft.AspNetCore.Server.Kestrel.BadRequests, one entry with the exception for each. So that is where they are counted.
/// </summary>
sealed class RefusalLogging(ILoggerFactory inner, Refusals refusals) : ILoggerFactory
{
    const string Category = "Microsoft.AspNetCore.Server.Kestrel.BadRequests";

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName == Category ? new Counting(logger, refusals) : logger;
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
}
