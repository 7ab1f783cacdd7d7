using System.Net;

namespace Slipway.Registry.Tests.BadInput;

/// <summary>Clients that stop: their connection and their hold on an upload end, and nobody else waits for them.</summary>
public sealed class SlowClientTests : IAsyncLifetime
{
    static readonly byte[] Content = Client.Random(32 << 20);

    RegistryHost _host = null!;

    // A rate that none of these clients keeps, so that no test waits longer than the server's clock needs to see it.
    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start(options => options with { MinDataRate = 1e9, DataRateGrace = TimeSpan.FromSeconds(1.01) });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Upload_ThatStops_IsLetGo_AndGoesOnFromItsOffset()
    {
        var location = await _host.Client.StartUpload("a");
        await using var slow = await RawConnection.To(_host);
        await slow.Send($"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: {Content.Length}\r\n\r\n");
        await slow.Send(Content[..600_000]);

        var cut = await slow.Response();

        cut!.Status.ShouldBe(408);
        await slow.ReadToEnd();
        var status = await _host.Client.Send("GET", location);
        status.Header("Range").ShouldBe("0-599999");
        var digest = Client.Sha256(Content[..700_000]);
        (await _host.Client.Send("PUT", $"{location}?digest={digest}", Content[600_000..700_000], ("Content-Range", "600000-699999"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task SinglePost_ThatStops_LeavesNothing()
    {
        var before = Stored.In(_host);
        await using var slow = await RawConnection.To(_host);
        await slow.Send($"POST /v2/a/blobs/uploads/?digest={Client.Sha256(Content)} HTTP/1.1\r\nHost: x\r\nContent-Length: {Content.Length}\r\n\r\nx");
        (await slow.Response())!.Status.ShouldBe(408);
        Stored.In(_host).ShouldBe(before);
    }

    [Fact]
    public async Task Manifest_ThatStops_LeavesNothing()
    {
        var before = Stored.In(_host);
        await using var slow = await RawConnection.To(_host);
        await slow.Send("PUT /v2/a/manifests/latest HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n{");
        (await slow.Response())!.Status.ShouldBe(408);
        Stored.In(_host).ShouldBe(before);
    }

    /// <summary>One that takes a blob's first bytes and then none is cut off, instead of holding a file open for ever.</summary>
    [Fact]
    public async Task Reader_ThatStops_IsCutOff()
    {
        var digest = await _host.Client.PushBlob("a", Content);
        await using var slow = await RawConnection.To(_host, receiveBuffer: 4096);
        await slow.Send($"GET /v2/a/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n");
        await OpenFiles(digest, expected: 1);
        await OpenFiles(digest, expected: 0);
        (await slow.ReadToEnd()).ShouldBeLessThan(Content.Length);
    }

    async Task OpenFiles(string digest, int expected)
    {
        var file = Directory.EnumerateFiles(_host.BlobFolder, digest[7..], SearchOption.AllDirectories).Single();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Directory.EnumerateFiles("/proc/self/fd").Count(descriptor => new FileInfo(descriptor).LinkTarget == file) != expected)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Delay(20, deadline.Token);
        }
    }
}
