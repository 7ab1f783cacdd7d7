using System.Globalization;
using System.Net;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;

namespace Slipway.Registry.Tests.Servers;

/// <summary>Two servers over one PostgreSQL and the same bytes.</summary>
public sealed class SeveralServersTests : IAsyncLifetime
{
    RegistryHost _one = null!, _other = null!;

    public async ValueTask InitializeAsync()
    {
        _one = await RegistryHost.StartShared(options => options with { UploadHold = TimeSpan.FromSeconds(2) });
        _other = await _one.StartBeside();
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _one.DisposeAsync();
    }

    [Fact]
    public async Task Push_ToOne_IsPulledFromTheOtherAtOnce()
    {
        for (var i = 0; i < 20; i++)
        {
            var (pushing, pulling) = i % 2 == 0 ? (_one, _other) : (_other, _one);
            // The tag is in the memory of both, and moves.
            var digest = await pushing.Client.PushImage("shared/web", "latest", seed: i);
            (await Digest(pulling, "latest")).ShouldBe(digest);
            (await Digest(pushing, "latest")).ShouldBe(digest);
            var layer = await pulling.Client.Send("GET", $"/v2/shared/web/blobs/{Client.Sha256(Client.Random(1000, i))}");
            (await layer.Content.ReadAsByteArrayAsync()).ShouldBe(Client.Random(1000, i));
        }
    }

    [Fact]
    public async Task Delete_AtOne_IsSeenAtTheOtherAtOnce()
    {
        var digest = await _one.Client.PushImage("shared/web", "v1");
        await _one.Client.PushImage("shared/web", "v2", seed: 2);
        foreach (var reference in (string[])["v1", "v2", digest]) (await _other.Client.Send("GET", $"/v2/shared/web/manifests/{reference}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await _one.Client.Send("DELETE", "/v2/shared/web/manifests/v2")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await (await _other.Client.Send("GET", "/v2/shared/web/manifests/v2")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        (await _one.Client.Send("DELETE", $"/v2/shared/web/manifests/{digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await (await _other.Client.Send("GET", "/v2/shared/web/manifests/v1")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        await (await _other.Client.Send("GET", $"/v2/shared/web/manifests/{digest}")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        var blob = Client.Sha256(Client.Random(1000, 1));
        (await _other.Client.Send("DELETE", $"/v2/shared/web/blobs/{blob}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _one.Client.Send("HEAD", $"/v2/shared/web/blobs/{blob}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Manifest_PushedAgainWithAnotherMediaType_IsServedWithItByBoth()
    {
        var manifest = (await _one.Client.ImageManifest("shared/web")).Replace($"\"mediaType\":\"{Client.OciImage}\",", "", StringComparison.Ordinal);
        foreach (var (pushing, type) in ((RegistryHost, string)[])[(_one, Client.OciImage), (_other, "application/vnd.docker.distribution.manifest.v2+json"), (_one, Client.OciImage)])
        {
            (await pushing.Client.PutManifest("shared/web", "v1", manifest, type)).StatusCode.ShouldBe(HttpStatusCode.Created);
            foreach (var host in (RegistryHost[])[_one, _other])
                (await host.Client.Send("GET", "/v2/shared/web/manifests/v1")).Content.Headers.ContentType!.MediaType.ShouldBe(type);
        }
    }

    [Fact]
    public async Task Pushes_OfTheSameFromBoth_LastTagWriteWins_AndBothAgree()
    {
        var pushed = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => (i % 2 == 0 ? _one : _other).Client.PushImage("shared/web", "latest", seed: i % 5))));

        var digest = await Digest(_one, "latest");
        digest.ShouldBe(await Digest(_other, "latest"));
        pushed.ShouldContain(digest);
        foreach (var seed in Enumerable.Range(0, 5))
            foreach (var host in (RegistryHost[])[_one, _other])
                (await (await host.Client.Send("GET", $"/v2/shared/web/blobs/{Client.Sha256(Client.Random(1000, seed))}")).Content.ReadAsByteArrayAsync()).ShouldBe(Client.Random(1000, seed));
        var events = _one.Services.GetRequiredService<EventLog>().After(0, 10_000).Where(happened => happened.Tag == "latest").Select(happened => happened.Digest).ToList();
        // The log says what was pushed in the order of commits: its last entry is what the tag is.
        events[^1].ShouldBe(digest);
        events.Count.ShouldBe(40);
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Upload_EachChunkToAnotherServer_IsWhole(string algorithm)
    {
        var content = Client.Random(1_000_000);
        var location = await _one.Client.StartUpload("shared/web", $"?digest-algorithm={algorithm}");
        var hosts = (RegistryHost[])[_other, _one, _other, _one];
        for (var i = 0; i < 4; i++)
        {
            var chunk = content[(i * 250_000)..((i + 1) * 250_000)];
            var response = await hosts[i].Client.Send("PATCH", location, chunk, ("Content-Range", $"{i * 250_000}-{((i + 1) * 250_000) - 1}"), ("Content-Type", "application/octet-stream"));
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted, await response.Text());
            (await hosts[(i + 1) % 4].Client.Send("GET", location)).Header("Range").ShouldBe($"0-{((i + 1) * 250_000) - 1}");
        }
        var digest = algorithm == "sha256" ? Client.Sha256(content) : Client.Sha512(content);
        (await _other.Client.Send("PUT", $"{location}?digest={digest}")).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await (await _one.Client.Send("GET", $"/v2/shared/web/blobs/{digest}")).Content.ReadAsByteArrayAsync()).ShouldBe(content);
        foreach (var host in (RegistryHost[])[_one, _other])
        {
            await (await host.Client.Send("GET", location)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
            await (await host.Client.Send("PATCH", location, [1])).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        }
    }

    [Fact]
    public async Task Upload_TwoServersAtOnce_SecondGets409_UntilTheFirstIsDone()
    {
        var location = await _one.Client.StartUpload("shared/web");
        var body = new GatedContent(Client.Random(600_000));
        var first = _one.Client.SendAsync(new HttpRequestMessage(HttpMethod.Patch, location) { Content = body });
        await body.HasBegun;
        await UntilHeld();
        await (await _other.Client.Send("PATCH", location, [1])).ShouldBeRefused(409, "BLOB_UPLOAD_INVALID");
        await (await _other.Client.Send("PUT", $"{location}?digest={Client.Sha256([1])}", [1])).ShouldBeRefused(409, "BLOB_UPLOAD_INVALID");
        await (await _other.Client.Send("DELETE", location)).ShouldBeRefused(409, "BLOB_UPLOAD_INVALID");
        body.GoOn();
        (await first).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        (await _other.Client.Send("PUT", $"{location}?digest={Client.Sha256(Client.Random(600_000))}")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Upload_HeldByADeadServer_IsFreeSoon()
    {
        var location = await _one.Client.StartUpload("shared/web");
        (await _one.Client.Send("PATCH", location, Client.Random(1000))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await _one.Db.Write(connection => connection.Execute(
            "UPDATE registry_uploads SET holder = 'dead', held_until = @until", new { until = (_one.Db.Now(connection) + TimeSpan.FromSeconds(1)).ToString("O", CultureInfo.InvariantCulture) }));
        await (await _other.Client.Send("PATCH", location, [1])).ShouldBeRefused(409, "BLOB_UPLOAD_INVALID");

        await Until(async () => (await _other.Client.Send("PUT", $"{location}?digest={Client.Sha256(Client.Random(1000))}")).StatusCode == HttpStatusCode.Created);
    }

    [Fact]
    public async Task Upload_TakenOverWhileItsServerSlept_IsNotMadeABlobByIt()
    {
        var location = await _one.Client.StartUpload("shared/web");
        var body = new GatedContent(Client.Random(600_000));
        var first = _one.Client.SendAsync(new HttpRequestMessage(HttpMethod.Put, $"{location}?digest={Client.Sha256(Client.Random(600_000))}") { Content = body });
        await body.HasBegun;
        await UntilHeld();
        // As if the first had not renewed its hold, and another had come.
        await _one.Db.Write(connection => connection.Execute(
            "UPDATE registry_uploads SET holder = 'another', held_until = @until", new { until = (_one.Db.Now(connection) + TimeSpan.FromMinutes(1)).ToString("O", CultureInfo.InvariantCulture) }));
        body.GoOn();

        await (await first).ShouldBeRefused(409, "BLOB_UPLOAD_INVALID");
        (await _other.Client.Send("HEAD", $"/v2/shared/web/blobs/{Client.Sha256(Client.Random(600_000))}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Upload_CancelledAtTheOther_IsGoneForBoth()
    {
        var location = await _one.Client.StartUpload("shared/web");
        (await _other.Client.Send("DELETE", location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await _one.Client.Send("PATCH", location, [1])).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
    }

    Task UntilHeld() => Until(() => Task.FromResult(_one.Db.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM registry_uploads WHERE holder IS NOT NULL")) > 0));

    static async Task<string?> Digest(RegistryHost host, string tag)
    {
        var response = await host.Client.Send("GET", $"/v2/shared/web/manifests/{tag}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var digest = response.Header("Docker-Content-Digest");
        Client.Sha256(await response.Content.ReadAsByteArrayAsync()).ShouldBe(digest);
        return digest;
    }

    static async Task Until(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition()) await Task.Delay(50, limit.Token);
    }

    /// <summary>Sends the half of a body, and the rest when the test says so.</summary>
    sealed class GatedContent(byte[] bytes) : HttpContent
    {
        readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously), _goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HasBegun => _begun.Task;

        public void GoOn() => _goesOn.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await stream.FlushAsync();
            _begun.SetResult();
            await _goesOn.Task;
            await stream.WriteAsync(bytes.AsMemory(bytes.Length / 2));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
