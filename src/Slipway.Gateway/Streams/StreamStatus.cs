namespace Slipway.Gateway.Streams;

/// <summary>How a connection or flow ended.</summary>
enum StreamStatus
{
    /// <summary>Both sides ended it, or it is going well.</summary>
    Done,

    /// <summary>Nothing came for too long.</summary>
    Idle,

    /// <summary>Its instance lost the route, and its time was over.</summary>
    Drained,

    /// <summary>The gateway stopped.</summary>
    Stopped,

    /// <summary>By the client's address.</summary>
    Forbidden,

    /// <summary>As many are open as may be.</summary>
    TooMany,

    /// <summary>The client reset it, or left before an instance had taken it.</summary>
    ClientGone,

    /// <summary>The instance reset it.</summary>
    Reset,

    /// <summary>Every instance refused it.</summary>
    Refused,

    /// <summary>No instance accepted in time.</summary>
    TimedOut,

    /// <summary>The route has no instance.</summary>
    NoInstance,
}

static class StreamStatusExtensions
{
    extension(StreamStatus status)
    {
        /// <summary>The status of HTTP that says the same, so that the tools for access logs read lines of connections too; as nginx does it for its streams.</summary>
        public int Code => status switch
        {
            StreamStatus.Done or StreamStatus.Idle or StreamStatus.Drained => 200,
            StreamStatus.Forbidden => 403,
            StreamStatus.ClientGone => 499,
            StreamStatus.Reset or StreamStatus.Refused => 502,
            StreamStatus.TimedOut => 504,
            _ => 503,
        };

        public string Word => status switch
        {
            StreamStatus.Done => "done",
            StreamStatus.Idle => "idle",
            StreamStatus.Drained => "drained",
            StreamStatus.Stopped => "stopped",
            StreamStatus.Forbidden => "forbidden",
            StreamStatus.TooMany => "too many",
            StreamStatus.ClientGone => "client gone",
            StreamStatus.Reset => "reset",
            StreamStatus.Refused => "refused",
            StreamStatus.TimedOut => "timed out",
            _ => "no instance",
        };
    }
}
