using System.Net;
using System.Text;

namespace Slipway.Registry.Tests.BadInput;

/// <summary>However much is asked of it at once, what the registry holds is bounded, and the refusal says when to come again.</summary>
public sealed class BoundsTests
{
    [Fact]
    public async Task UploadsInAll_OneTooMany_Is429WithRetryAfter_AndPullsGoOn()
    {
        await using var host = await RegistryHost.Start(options => options with { MaxUploads = 200, MaxUploadsOfAccount = 1000 });
        var digest = await host.Client.PushBlob("a", [1]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => host.Client.Send("POST", "/v2/a/blobs/uploads/")));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.Accepted).ShouldBe(200);
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.Accepted))
        {
            int.Parse(refused.Header("Retry-After")!).ShouldBeGreaterThan(0);
            await refused.ShouldBeRefused(429, "TOOMANYREQUESTS");
        }
        (await host.Client.GetByteArrayAsync($"/v2/a/blobs/{digest}")).ShouldBe([1]);
        // Nothing is open for an upload that nobody is writing to.
        Directory.EnumerateFiles("/proc/self/fd").Count(descriptor => new FileInfo(descriptor).LinkTarget?.StartsWith(Path.Combine(host.BlobFolder, "uploads"), StringComparison.Ordinal) is true).ShouldBe(0);
    }

    [Fact]
    public async Task UploadsOfOneAccount_OneTooMany_Is429_UntilOneIsCancelled()
    {
        await using var host = await RegistryHost.Start(options => options with { MaxUploadsOfAccount = 3 });
        var first = await host.Client.StartUpload("a");
        await host.Client.StartUpload("b");
        await host.Client.StartUpload("c");
        var refused = await host.Client.Send("POST", "/v2/a/blobs/uploads/");
        (await refused.Text()).ShouldContain("this account has 3 uploads open");
        await refused.ShouldBeRefused(429, "TOOMANYREQUESTS");
        await host.Restart();
        await (await host.Client.Send("POST", "/v2/d/blobs/uploads/")).ShouldBeRefused(429, "TOOMANYREQUESTS");
        (await host.Client.Send("DELETE", first)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await host.Client.StartUpload("d");
    }

    [Fact]
    public async Task ManifestsInFlight_AreBoundedTogether()
    {
        await using var host = await RegistryHost.Start(options => options with { MaxManifestBytesInFlight = 1 << 20 });
        await using var holder = await RawConnection.To(host);
        await holder.Send("PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
        await holder.Send(Encoding.ASCII.GetBytes(new string(' ', 600_000)));
        var small = await host.Client.ImageManifest("a");
        // The holder has at most 1 MiB, of which it needs the half: it has what it sent once a large one finds no room beside it.
        HttpResponseMessage large;
        do large = await host.Client.PutManifest("a", "large", small + new string(' ', 600_000));
        while (large.StatusCode == HttpStatusCode.Created);
        large.Header("Retry-After").ShouldNotBeNull();
        await large.ShouldBeRefused(429, "TOOMANYREQUESTS");

        await holder.DisposeAsync();
        do large = await host.Client.PutManifest("a", "large", small + new string(' ', 600_000));
        while (large.StatusCode != HttpStatusCode.Created);
    }

    /// <summary>What a Content-Length promises costs nothing: a thousand clients that announce 4 MiB each would else be 4 GB.</summary>
    [Fact]
    public async Task ManifestsAnnounced_CostNoMemory()
    {
        await using var host = await RegistryHost.Start();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var connections = new List<RawConnection>();
        for (var i = 0; i < 200; i++)
        {
            connections.Add(await RawConnection.To(host));
            await connections[^1].Send("PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\nExpect: 100-continue\r\n\r\n");
        }
        foreach (var connection in connections) (await connection.Response())!.Status.ShouldBe(100);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(100 << 20);
        foreach (var connection in connections) await connection.DisposeAsync();
    }

    [Fact]
    public async Task ImageOf100Layers_PushedByEightAtOnce_IsWholeForEach()
    {
        await using var host = await RegistryHost.Start();
        var layers = Enumerable.Range(0, 100).Select(i => Client.Random(200_000, i)).ToArray();
        var config = "{}"u8.ToArray();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            var repository = $"client{client % 2}/image";
            var digests = new List<string>();
            foreach (var layer in layers.Skip(client * 7).Concat(layers.Take(client * 7)))
            {
                // As docker and skopeo do: ask first, and push what is not there.
                digests.Add(Client.Sha256(layer));
                if (!(await host.Client.Send("HEAD", $"/v2/{repository}/blobs/{digests[^1]}")).IsSuccessStatusCode) await host.Client.PushBlob(repository, layer);
            }
            var manifest = Client.Image(await host.Client.PushBlob(repository, config), [.. digests]);
            (await host.Client.PutManifest(repository, $"v{client}", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }));
        host.Catalog.Usage().ShouldBe(new RegistryUsage(2, 8, 8, 101, (100 * 200_000) + 2));
        foreach (var layer in layers) (await host.Client.GetByteArrayAsync($"/v2/client0/image/blobs/{Client.Sha256(layer)}")).ShouldBe(layer);
    }
}
