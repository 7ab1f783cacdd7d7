namespace Slipway.Server.Tests;

/// <summary>Waits for a condition with a bounded deadline.</summary>
static class Eventually
{
    public static async Task Is(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(20, deadline.Token);
    }
}
