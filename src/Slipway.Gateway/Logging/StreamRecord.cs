using System.Net;
using Slipway.Gateway.Streams;
using Slipway.Model;

namespace Slipway.Gateway.Logging;

/// <summary>A connection or flow that has ended, for the access log.</summary>
readonly record struct StreamRecord
{
    public required StreamKey Key { get; init; }

    public required IPAddress Client { get; init; }

    public required StreamStatus Status { get; init; }

    public Route? Route { get; init; }

    public int? Release { get; init; }

    public string? Instance { get; init; }

    /// <summary>Bytes from the client.</summary>
    public long Received { get; init; }

    /// <summary>Bytes to the client.</summary>
    public long Sent { get; init; }

    /// <summary>Until an instance had taken it.</summary>
    public TimeSpan? Connect { get; init; }

    public TimeSpan Lasted { get; init; }
}
