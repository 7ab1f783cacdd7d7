namespace Slipway.Releases.Tests.Reconciling;

/// <summary>A clock that stands still until it is told to go on. Its timers never fire: what is tested asks for the time.</summary>
sealed class FakeTime : TimeProvider
{
    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far it goes on with each look at it, as a real one does.</summary>
    public TimeSpan EachLook { get; set; }

    public override DateTimeOffset GetUtcNow() => Now += EachLook;

    public void Advance(TimeSpan by) => Now += by;

    public void MoveTo(DateTimeOffset at) => Now = at > Now ? at : Now;
}
