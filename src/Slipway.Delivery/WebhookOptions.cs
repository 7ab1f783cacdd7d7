using System.Net;

namespace Slipway.Delivery;

/// <summary>How deliveries are made.</summary>
public sealed record WebhookOptions
{
    /// <summary>Time for one delivery. Default: 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait after the first failure; doubles with each one, up to <see cref="LongestWait"/>. Default: 1 s.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Default: 10 minutes.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>An event whose delivery has failed for so long is given up, so that one that a receiver always refuses does not hold back the rest. Default: one day.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>A receiver of release events that has taken nothing for so long, while it was tried, gets nothing more until a person says so. Default: three days.</summary>
    public TimeSpan DisableAfter { get; init; } = TimeSpan.FromDays(3);

    /// <summary>How often the log is looked at for new events. Default: 500 ms.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Networks that are sent to though <see cref="ReceiverAddresses"/> forbids them. Default: none.</summary>
    public IReadOnlyList<IPNetwork> Allowed { get; init; } = [];

    /// <summary>
    /// The wait after so many failures in a row (from 1): doubles, within <see cref="LongestWait"/>, and is between half of that and the whole, so that receivers that
    /// failed together are not tried together. What the receiver asks for is waited for, within an hour.
    /// </summary>
    /// <param name="failures">In a row, this one too.</param>
    /// <param name="asked">What the receiver asks for (Retry-After).</param>
    /// <param name="chance">From 0 to 1.</param>
    public TimeSpan Wait(int failures, TimeSpan? asked, double chance)
    {
        var whole = FirstWait * Math.Pow(2, Math.Clamp(failures - 1, 0, 20));
        if (whole > LongestWait) whole = LongestWait;
        var wait = whole * (0.5 + chance / 2);
        return asked is { } longer && longer > wait ? longer < TimeSpan.FromHours(1) ? longer : TimeSpan.FromHours(1) : wait;
    }
}
