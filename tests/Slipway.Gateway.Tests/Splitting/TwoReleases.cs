using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Splitting;

/// <summary>A gateway before two releases of a service, each of which answers with its name.</summary>
/// <param name="next">Name of the new one.</param>
public abstract class TwoReleases(string next) : IAsyncLifetime
{
    private protected static readonly string Key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    private protected Backend Stable { get; private set; } = null!;

    private protected Backend Next { get; private set; } = null!;

    private protected TestGateway Gateway { get; private set; } = null!;

    private protected HttpClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Stable = await Backend.Start("stable");
        Next = await Backend.Start(next);
        Gateway = await Start();
        Client = Gateway.Client();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Gateway.DisposeAsync();
        await Stable.DisposeAsync();
        await Next.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
