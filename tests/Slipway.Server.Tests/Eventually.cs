namespace Slipway.Server.Tests;

/// <summary>Waits for a condition with a bounded deadline.</summary>
static class Eventually
{
    public static Task Is(Func<bool> condition) => Is(() => Task.FromResult(condition()));

    public static async Task Is(Func<Task<bool>> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition()) await Task.Delay(20, deadline.Token);
    }
}
