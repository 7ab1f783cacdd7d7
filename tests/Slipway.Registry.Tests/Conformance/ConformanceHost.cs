using System.Globalization;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>One registry for all tests of a class; each test works in a repository of its own.</summary>
public sealed class ConformanceHost : IAsyncLifetime
{
    int _repositories;

    public RegistryHost Registry { get; private set; } = null!;

    public HttpClient Http => Registry.Client;

    public string NewRepository() => $"conformance/repo{Interlocked.Increment(ref _repositories).ToString(CultureInfo.InvariantCulture)}";

    public async ValueTask InitializeAsync() => Registry = await RegistryHost.Start();

    public ValueTask DisposeAsync() => Registry.DisposeAsync();
}
