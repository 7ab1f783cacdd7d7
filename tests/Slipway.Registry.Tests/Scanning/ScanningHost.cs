using System.Diagnostics;
using System.Net.Http.Headers;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Scanning;

namespace Slipway.Registry.Tests.Scanning;

/// <summary>A registry that asks who comes, and an adapter beside it. Nothing waits for long.</summary>
sealed class ScanningHost : IAsyncDisposable
{
    const string AdminToken = "the-admin-token-of-this-test";

    ScanningHost(RegistryHost registry, DpkgAdapter adapter) => (Registry, Adapter) = (registry, adapter);

    public RegistryHost Registry { get; }

    public DpkgAdapter Adapter { get; }

    public Scans Scans => Registry.Services.GetRequiredService<Scans>();

    public Scanner Scanner => Registry.Services.GetRequiredService<Scanner>();

    public HttpClient Admin
    {
        get
        {
            var client = new HttpClient { BaseAddress = Registry.Client.BaseAddress };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken);
            return client;
        }
    }

    public HttpClient With(string? authorization)
    {
        var client = new HttpClient { BaseAddress = Registry.Client.BaseAddress };
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        return client;
    }

    public static ScanOptions Fast { get; } = new()
    {
        Look = TimeSpan.FromMilliseconds(10), FirstPoll = TimeSpan.FromMilliseconds(5), LongestPoll = TimeSpan.FromMilliseconds(20), FirstWait = TimeSpan.FromMilliseconds(10), LongestWait = TimeSpan.FromMilliseconds(50),
        Sweep = TimeSpan.FromMilliseconds(50), Tries = 3,
    };

    public static async Task<ScanningHost> Start(Func<ScanOptions, ScanOptions>? configure = null, bool shared = false)
    {
        RegistryOptions Configure(RegistryOptions options) => options with { Access = new AccessOptions { AdminToken = () => AdminToken }, Scanning = configure?.Invoke(Fast) ?? Fast };
        return new ScanningHost(shared ? await RegistryHost.StartShared(Configure) : await RegistryHost.Start(Configure), await DpkgAdapter.Start());
    }

    public Task<ScannerStatus> Set(Func<ScannerRequest, ScannerRequest>? change = null)
    {
        var request = new ScannerRequest { Url = Adapter.Url, RegistryUrl = Registry.Client.BaseAddress!.ToString() };
        return Scanner.Set(change?.Invoke(request) ?? request, Caller.Server, default);
    }

    public ScanSummary? Summary(string repository, string digest) => Scans.Summary(repository, Digest.Parse(digest));

    /// <summary>Waits for the end of an image's scan.</summary>
    public async Task<ScanSummary> Ended(string repository, string digest)
    {
        await Until(() => Summary(repository, digest) is { State: ScanState.Done or ScanState.Failed });
        return Summary(repository, digest)!;
    }

    public long Count(string sql) => Registry.Db.Read(connection => connection.ExecuteScalar<long>(sql));

    /// <summary>What the log tells of scans.</summary>
    public IReadOnlyList<RegistryEvent> Told() => [.. Registry.Services.GetRequiredService<Slipway.Registry.Events.EventLog>().After(0, 1000).Where(happened => happened.Action == "scan")];

    public static async Task Until(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30), "never came true");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await Adapter.DisposeAsync();
    }
}
