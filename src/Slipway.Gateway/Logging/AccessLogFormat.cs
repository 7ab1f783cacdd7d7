namespace Slipway.Gateway.Logging;

/// <summary>How a request becomes a line.</summary>
public enum AccessLogFormat
{
    /// <summary>No access log.</summary>
    Off,

    /// <summary>Apache's and nginx's "combined" with Slipway's fields behind it.</summary>
    Combined,

    /// <summary>A JSON object.</summary>
    Json,
}
