using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Upstreams;

/// <summary>No connection to an instance: nothing was sent to it.</summary>
/// <param name="outcome">Refused, ConnectTimedOut or Untrusted.</param>
/// <param name="message">Why, for the log.</param>
sealed class UpstreamConnectException(Outcome outcome, string message, Exception? inner = null) : IOException(message, inner)
{
    public Outcome Outcome { get; } = outcome;

    /// <summary>The one behind a failure, or null.</summary>
    public static UpstreamConnectException? Behind(Exception? failed)
    {
        for (; failed is not null; failed = failed.InnerException)
            if (failed is UpstreamConnectException connect) return connect;
        return null;
    }
}
