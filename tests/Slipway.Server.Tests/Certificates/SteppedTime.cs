namespace Slipway.Server.Tests.Certificates;

/// <summary>The clock, until it is set.</summary>
sealed class SteppedTime : TimeProvider
{
    public DateTimeOffset? Now { get; set; }

    public override DateTimeOffset GetUtcNow() => Now ?? base.GetUtcNow();
}
