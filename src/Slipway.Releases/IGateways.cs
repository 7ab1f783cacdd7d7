using Slipway.Model;

namespace Slipway.Releases;

/// <summary>
/// The gateways that serve the apps: one process beside the server, or one on every node of a cluster. Used from one caller at a time for
/// <see cref="Publish"/>, from many for <see cref="Report"/>.
/// </summary>
public interface IGateways
{
    /// <summary>
    /// Gives the table to every live gateway and returns when each has acknowledged that version: no request begins by an older one any more.
    /// May be repeated with the same version.
    /// </summary>
    /// <exception cref="GatewayUnavailableException">None answers, or one that is alive does not acknowledge.</exception>
    Task Publish(RouteTable table, CancellationToken cancel);

    /// <summary>What each gateway has counted and has in flight.</summary>
    /// <exception cref="GatewayUnavailableException">None answers.</exception>
    Task<IReadOnlyList<GatewayReport>> Report(CancellationToken cancel);
}

/// <summary>No gateway answers. The message says where it was looked for, and what to do.</summary>
public sealed class GatewayUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
