namespace Slipway.Gateway.Health;

/// <summary>What instances.json holds.</summary>
sealed record Remembered
{
    public IReadOnlyList<FailedCheck> Unhealthy { get; init; } = [];

    public IReadOnlyList<Ejection> Ejected { get; init; } = [];
}

/// <param name="Address">As address:port.</param>
/// <param name="Path">What was asked for.</param>
sealed record FailedCheck(string Instance, string Address, string Path, string Reason);

/// <param name="Address">As address:port.</param>
/// <param name="Times">How often in a row, which is how long the next one lasts.</param>
sealed record Ejection(string Instance, string Address, int Times, DateTimeOffset Until);
