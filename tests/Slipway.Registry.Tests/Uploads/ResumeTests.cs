using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Uploads;

namespace Slipway.Registry.Tests.Uploads;

/// <summary>What becomes of uploads when clients and servers go away in the middle, and when several come at once.</summary>
public sealed class ResumeTests
{
    static readonly byte[] Content = Client.Random(1_500_000);
    static readonly string Digest = Client.Sha256(Content);

    [Fact]
    public async Task Restart_InMidUpload_GoesOnAtItsOffset()
    {
        await using var host = await RegistryHost.Start();
        var location = await host.Client.StartUpload("a/b");
        await host.Client.Send("PATCH", location, Content[..1_000_000]);

        await host.Restart();

        (await host.Client.Send("GET", location)).Header("Range").ShouldBe("0-999999");
        (await host.Client.Send("PATCH", location, Content[1_000_000..1_200_000], ("Content-Range", "1000000-1199999"))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await host.Restart();
        (await host.Client.Send("PUT", $"{location}?digest={Digest}", Content[1_200_000..])).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task Restart_WhatWasAcknowledged_IsStillThere()
    {
        await using var host = await RegistryHost.Start();
        var digest = await host.Client.PushImage("a/b", "v1");
        await host.Restart();
        (await host.Client.GetAsync("/v2/a/b/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(digest);
    }

    [Fact]
    public async Task Crash_BetweenRenameAndCommit_LeavesAHarmlessFile_AndThePushIsRepeated()
    {
        await using var host = await RegistryHost.Start();
        var location = await host.Client.StartUpload("a/b");
        await host.Client.Send("PATCH", location, Content);
        // As a kill there leaves it: the bytes are published, the upload's row stands, the blob's is missing.
        var store = host.Services.GetRequiredService<Slipway.Registry.Storage.IBlobStore>();
        await store.Publish(Guid.Parse(location.Split('/')[^1]), Model.Digest.Parse(Digest), default);
        await host.Restart();

        (await host.Client.Send("HEAD", $"/v2/a/b/blobs/{Digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await (await host.Client.Send("PUT", $"{location}?digest={Digest}")).ShouldBeRefused(400, "DIGEST_INVALID");
        await host.Client.PushBlob("a/b", Content);
        (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task ClientGoesAway_InMidPatch_WhatCameStays()
    {
        await using var host = await RegistryHost.Start();
        var location = await host.Client.StartUpload("a/b");

        using (var client = await Connect(host))
        {
            await client.GetStream().WriteAsync(Head("PATCH", location, Content.Length, ""));
            await client.GetStream().WriteAsync(Content.AsMemory(0, 600_000));
            await Eventually(async () => (await host.Client.Send("GET", location)).Header("Range") != "0-0");
        }
        var offset = await SettledOffset(host, location);

        offset.ShouldBeInRange(1, 600_000);
        (await host.Client.Send("PUT", $"{location}?digest={Digest}", Content[offset..], ("Content-Range", $"{offset}-{Content.Length - 1}"))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task ClientGoesAway_InMidSinglePost_LeavesNothing()
    {
        await using var host = await RegistryHost.Start();
        await SendRaw(host, "POST", $"/v2/a/b/blobs/uploads/?digest={Digest}", Content.Length, Content.AsMemory(0, 300_000), "");
        await Eventually(() => !host.Files.Any());
        (await host.Client.Send("HEAD", $"/v2/a/b/blobs/{Digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Push_CutAtRandom_EndsWhole()
    {
        await using var host = await RegistryHost.Start();
        var seeds = Gen.Choose(1, 1_000_000).Sample(8, 8).ToArray();
        foreach (var seed in seeds)
        {
            var random = new Random(seed);
            var content = Client.Random(random.Next(1, 900_000), seed);
            var digest = Client.Sha256(content);
            var location = await host.Client.StartUpload("a/b");
            var offset = 0;
            for (var cuts = 0; cuts < 5 && offset < content.Length; cuts++)
            {
                offset = await SendAndCut(host, location, offset, content.Length, cut: random.Next(0, content.Length - offset + 1), content);
                if (random.Next(3) == 0) await host.Restart();
            }
            var rest = await host.Client.Send("PUT", $"{location}?digest={digest}", content[offset..]);
            rest.StatusCode.ShouldBe(HttpStatusCode.Created, $"seed {seed}");
            (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{digest}")).ShouldBe(content, $"seed {seed}");
        }
    }

    [Fact]
    public async Task SecondWriter_OfOneUpload_IsTurnedAway()
    {
        await using var host = await RegistryHost.Start();
        var location = await host.Client.StartUpload("a/b");
        using var first = await Connect(host);
        await first.GetStream().WriteAsync(Head("PATCH", location, Content.Length, ""));
        await first.GetStream().WriteAsync(Content.AsMemory(0, 600_000));
        await Eventually(async () => (await host.Client.Send("GET", location)).Header("Range") != "0-0");

        await (await host.Client.Send("PATCH", location, Content)).ShouldBeRefused(409, "BLOB_UPLOAD_INVALID");

        await first.GetStream().WriteAsync(Content.AsMemory(600_000));
        await Eventually(async () => (await host.Client.Send("GET", location)).Header("Range") == $"0-{Content.Length - 1}");
        await Eventually(async () => (await host.Client.Send("PUT", $"{location}?digest={Digest}")).StatusCode == HttpStatusCode.Created);
        (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task ManyPushes_OfOneBlobAndOneTag_AllSucceed()
    {
        await using var host = await RegistryHost.Start();
        var digests = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            (await host.Client.PushBlob("a/b", Content)).ShouldBe(Digest);
            return await host.Client.PushImage("a/b", "latest", seed: i % 4);
        }));

        (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
        digests.ShouldContain((await host.Client.GetAsync("/v2/a/b/manifests/latest")).Header("Docker-Content-Digest"));
        host.Catalog.Find("a/b", "latest")!.Digest.Value.ShouldBe((await host.Client.GetAsync("/v2/a/b/manifests/latest")).Header("Docker-Content-Digest"));
        host.Catalog.Usage().Blobs.ShouldBe(1 + (4 * 2));
    }

    [Fact]
    public async Task Uploads_TooMany_Is429_UntilOneEnds()
    {
        await using var host = await RegistryHost.Start(options => options with { MaxUploads = 2 });
        var first = await host.Client.StartUpload("a/b");
        await host.Client.StartUpload("a/b");
        await (await host.Client.Send("POST", "/v2/a/b/blobs/uploads/")).ShouldBeRefused(429, "TOOMANYREQUESTS");
        await host.Client.Send("DELETE", first);
        await host.Client.StartUpload("a/b");
    }

    [Fact]
    public async Task Disk_NearlyFull_RefusesPushesAndServesOn()
    {
        var minFree = 0L;
        await using var host = await RegistryHost.Start(options => options with { MinFreeBytes = minFree });
        var digest = await host.Client.PushBlob("a/b", Content);
        var location = await host.Client.StartUpload("a/b");
        minFree = long.MaxValue / 2;
        await host.Restart();

        await (await host.Client.Send("POST", "/v2/a/b/blobs/uploads/")).ShouldBeRefused(507, "DENIED");
        using (var refusal = await host.Client.Send("POST", "/v2/a/b/blobs/uploads/"))
            (await refusal.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldMatch(@"folder /\S+ is nearly full.* \d+ MiB are free, and 4398046511103 MiB must stay free");
        await (await host.Client.Send("POST", $"/v2/a/b/blobs/uploads/?digest={Digest}", Content)).ShouldBeRefused(507, "DENIED");
        await (await host.Client.Send("PATCH", location, Content)).ShouldBeRefused(507, "DENIED");
        await (await host.Client.Send("PUT", $"{location}?digest={Digest}", Content)).ShouldBeRefused(507, "DENIED");
        (await host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task Stale_Uploads_AreGivenUp_OthersAreNot()
    {
        await using var host = await RegistryHost.Start();
        var stale = await host.Client.StartUpload("a/b");
        await host.Client.Send("PATCH", stale, Content);
        var empty = await host.Client.StartUpload("a/b");
        await File.WriteAllBytesAsync(Path.Combine(host.BlobFolder, "uploads", Guid.NewGuid().ToString()), [1]);
        var sessions = host.Services.GetRequiredService<UploadSessions>();
        (await sessions.GiveUpStale(default)).ShouldBe(0);

        host.Time.Ahead = TimeSpan.FromHours(25);
        var young = await host.Client.StartUpload("a/b");
        (await sessions.GiveUpStale(default)).ShouldBe(3);

        await (await host.Client.Send("GET", stale)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        await (await host.Client.Send("PATCH", empty, Content)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        (await host.Client.Send("GET", young)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Directory.EnumerateFiles(Path.Combine(host.BlobFolder, "uploads")).ShouldBeEmpty();
    }

    /// <summary>Sends part of a PATCH, breaks the connection, and returns the offset that the registry settles on.</summary>
    static async Task<int> SendAndCut(RegistryHost host, string location, int offset, int total, int cut, byte[]? content = null)
    {
        content ??= Content;
        var range = total > offset ? $"Content-Range: {offset}-{total - 1}\r\n" : "";
        await SendRaw(host, "PATCH", location, total - offset, content.AsMemory(offset, cut), range);
        return await SettledOffset(host, location);
    }

    static async Task<int> SettledOffset(RegistryHost host, string location)
    {
        // The registry has let go of the upload when another request can take hold of it.
        await Eventually(async () => (await host.Client.Send("PATCH", location, [])).StatusCode == HttpStatusCode.Accepted);
        var end = int.Parse((await host.Client.Send("GET", location)).Header("Range")![2..], CultureInfo.InvariantCulture);
        return end == 0 ? new FileInfo(Path.Combine(host.BlobFolder, "uploads", location.Split('/')[^1])) is { Exists: true, Length: var length } ? (int)length : 0 : end + 1;
    }

    static async Task SendRaw(RegistryHost host, string method, string path, int declared, ReadOnlyMemory<byte> body, string headers)
    {
        using var connection = await Connect(host);
        var stream = connection.GetStream();
        await stream.WriteAsync(Head(method, path, declared, headers));
        await stream.WriteAsync(body);
        connection.Client.Shutdown(SocketShutdown.Send);
        try
        {
            // Until the server has noticed, and closed its end too.
            await stream.CopyToAsync(Stream.Null).WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (IOException)
        {
            // Closed by a reset: there is nobody to answer to.
        }
    }

    static byte[] Head(string method, string path, int length, string headers) =>
        Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n");

    static async Task<TcpClient> Connect(RegistryHost host)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(host.Client.BaseAddress!.Host, host.Client.BaseAddress.Port);
        return connection;
    }

    static Task Eventually(Func<bool> condition) => Eventually(() => Task.FromResult(condition()));

    static async Task Eventually(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Delay(10, deadline.Token);
        }
    }
}
