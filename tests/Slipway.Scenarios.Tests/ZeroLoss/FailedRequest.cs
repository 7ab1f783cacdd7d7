namespace Slipway.Scenarios.Tests.ZeroLoss;

/// <param name="Id">Its X-Request-Id, by which the gateway's access log knows it.</param>
public sealed record FailedRequest(string Kind, string Id, DateTimeOffset Begun, string Reason)
{
    public override string ToString() => $"{Begun:HH:mm:ss.fff} {Kind} {Id}: {Reason}";
}
