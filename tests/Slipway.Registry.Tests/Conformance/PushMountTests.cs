using System.Net;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Specification, "Push": "Mounting a blob from another repository" (end-11).</summary>
public sealed class PushMountTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    HttpClient Http => host.Http;

    /// <summary>201 with the blob's Location.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Mount_IsCreated(string algorithm)
    {
        var (source, target) = (host.NewRepository(), host.NewRepository());
        var blob = await Http.Push(source, Content.Random(algorithm));
        var mounted = await Http.Send("POST", $"/v2/{target}/blobs/uploads/?mount={blob.Digest}&from={source}");
        await Http.ShouldBeCreated(mounted, target, blob);
    }

    /// <summary>Unable to mount: 202, and the client goes on as with any upload. Also without 'from': knowing a digest is no right to its bytes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MissingAtTheSource_OrWithoutSource_BeginsAnUpload(bool anonymous)
    {
        var (source, target) = (host.NewRepository(), host.NewRepository());
        var blob = Content.Random();
        if (anonymous) await Http.Push(source, blob);
        var started = await Http.Send("POST", $"/v2/{target}/blobs/uploads/?mount={blob.Digest}{(anonymous ? "" : $"&from={source}")}");
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Http.Send("HEAD", $"/v2/{target}/blobs/{blob.Digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Http.ShouldBeCreated(await Http.Send("PUT", $"{started.Headers.Location!.OriginalString}?digest={blob.Digest}", blob.Bytes), target, blob);
    }
}
