using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>Requests that came no further than to be read. Counters only rise (<see cref="GatewayReport.Refused"/>).</summary>
sealed class Refusals
{
    static readonly string[] Reasons = ["bad-request", "head-too-large", "timeout", "body-too-large", "version", "loop"];

    readonly long[] _counts = new long[Reasons.Length];

    /// <param name="status">With which it was refused.</param>
    public void Count(int status) => Interlocked.Increment(ref _counts[status switch
    {
        431 or 414 => 1,
        408 => 2,
        413 => 3,
        505 => 4,
        508 => 5,
        _ => 0,
    }]);

    public IReadOnlyDictionary<string, long> Read() => Reasons.Select((reason, i) => (reason, Count: Interlocked.Read(ref _counts[i]))).ToDictionary(r => r.reason, r => r.Count);
}
