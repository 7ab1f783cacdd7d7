namespace Slipway.Engines.Tests;

/// <summary>Waits for a condition, not for a time; the bound only ends a test that would never end.</summary>
static class Eventually
{
    static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static Task True(Func<bool> condition, string otherwise) => True(() => Task.FromResult(condition()), otherwise);

    public static async Task True(Func<Task<bool>> condition, string otherwise)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Bound) Assert.Fail($"After {Bound.TotalSeconds} s {otherwise}.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
