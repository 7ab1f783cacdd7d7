namespace Slipway.Cli.Tests;

static class Eventually
{
    /// <summary>Waits for a condition, at most 20 s.</summary>
    public static async Task True(Func<bool> condition, string what)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(deadline).ShouldBeLessThan(TimeSpan.FromSeconds(20), what);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
