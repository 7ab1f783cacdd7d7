using Slipway.Registry.Scanning;
using Microsoft.Extensions.DependencyInjection;

namespace Slipway.Registry.Tests.Scanning;

/// <summary>Two servers over one PostgreSQL.</summary>
public sealed class SharedScanningTests : IAsyncLifetime
{
    ScanningHost _host = null!;
    RegistryHost _other = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ScanningHost.Start(options => options with { Parallel = 3 }, shared: true);
        _other = await _host.Registry.StartBeside();
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Pushes_ToBoth_AreScannedOnceEach_NoMoreAtATimeThanThePlatformAllows()
    {
        await _host.Set();
        var digests = new List<string>();
        for (var i = 0; i < 12; i++) digests.Add(await _host.Admin.PushPackages($"team/app{i % 3}", $"v{i}", [$"openssl=3.0.{i}"]));
        for (var i = 0; i < 12; i++)
        {
            (await _host.Ended($"team/app{i % 3}", digests[i])).State.ShouldBe(ScanState.Done);
            _other.Services.GetRequiredService<Scans>().Summary($"team/app{i % 3}", Model.Digest.Parse(digests[i])).ShouldNotBeNull().State.ShouldBe(ScanState.Done);
        }
        _host.Adapter.Requests.Count.ShouldBe(12);
        _host.Adapter.MostAtOnce.ShouldBeLessThanOrEqualTo(3);
        _host.Told().Count.ShouldBe(12);
    }
}
