using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Tests.BadInput;

namespace Slipway.Registry.Tests.Fuzzing;

/// <summary>
/// Requests as clients send them, damaged at random, thrown at a live registry over raw sockets: never an error of the server, never a hang; and
/// afterwards everything stored is what its name says, and the registry serves on.
/// </summary>
public sealed class LiveFuzzing
{
    const int Seed = 20261126, Requests = 4000, AtOnce = 32;

    /// <summary>What is asked for completely is answered in this time, or a little later; what is not waits for more, and is told that none comes.</summary>
    static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(100);

    static readonly byte[] Blob = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("hello ", 50)));
    static readonly string BlobDigest = Client.Sha256(Blob);

    [Fact]
    public async Task DamagedRequests_NeverBreakTheRegistry()
    {
        await using var host = await RegistryHost.Start(options => options with { MaxUploads = Requests, MaxUploadsOfAccount = Requests });
        var manifest = await host.Client.ImageManifest("library/app");
        await host.Client.PutManifest("library/app", "latest", manifest);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async lane =>
        {
            var random = new Random(Seed + lane);
            for (var i = 0; i < Requests / AtOnce; i++)
            {
                var kind = random.Next(14);
                var whole = Recorded(kind, manifest, kind is 4 or 5 or 6 or 13 ? await host.Client.StartUpload("library/app") : "");
                var damaged = Mutation.Of(whole, random);
                await ShouldSurvive(host, damaged, $"seed {Seed}, lane {lane}, request {i}:\n{Encoding.Latin1.GetString(damaged)}");
            }
        }));
        await EverythingIsWhatItsNameSays(host);
        await host.Restart();
        await EverythingIsWhatItsNameSays(host);
        await host.Client.PushImage("library/after", "latest", seed: 7);
        (await host.Client.GetAsync("/v2/library/after/manifests/latest")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    static async Task ShouldSurvive(RegistryHost host, byte[] request, string what)
    {
        await using var connection = await RawConnection.To(host);
        try
        {
            await connection.Send(request);
        }
        catch (IOException)
        {
            // Refused and closed before the whole of it was sent.
        }
        var answer = connection.Response(head: request.AsSpan().StartsWith("HEAD "u8));
        // Not at once: a server that sees its client leave need not answer, and so would not even look at the request.
        if (await Task.WhenAny(answer, Task.Delay(Usual)) != answer) connection.EndSending();
        try
        {
            for (var response = await answer; response is not null; response = await connection.Response())
            {
                response.Status.ShouldBeOneOf([100, 200, 201, 202, 204, 206, 304, 400, 404, 405, 408, 409, 411, 413, 414, 416, 417, 426, 429, 431, 505, 507], what);
                connection.EndSending();
            }
        }
        catch (Exception broken) when (broken is TimeoutException or FormatException or IndexOutOfRangeException)
        {
            throw new InvalidOperationException($"No answer in time, or none that is HTTP, to {what}", broken);
        }
    }

    /// <summary>The heads as docker 20.10, skopeo 1.9, containerd 1.6 and the specification's own tests send them.</summary>
    static byte[] Recorded(int kind, string manifest, string upload)
    {
        const string Docker = "Host: 127.0.0.1:5000\r\nUser-Agent: docker/20.10.24+dfsg1 go/go1.19.8 git-commit/5d6db84 kernel/6.1.0 os/linux arch/amd64 UpstreamClient(Docker-Client/20.10.24 \\(linux\\))\r\n";
        const string Skopeo = "Host: 127.0.0.1:5000\r\nUser-Agent: skopeo/1.9.3\r\nDocker-Distribution-Api-Version: registry/2.0\r\n";
        const string Accept = "Accept: application/vnd.oci.image.manifest.v1+json\r\nAccept: application/vnd.docker.distribution.manifest.v2+json\r\nAccept: application/vnd.oci.image.index.v1+json\r\nAccept: application/vnd.docker.distribution.manifest.list.v2+json\r\n";
        var digest = Client.Sha256(Encoding.UTF8.GetBytes(manifest));
        var text = Encoding.ASCII.GetString(Blob);
        return Encoding.Latin1.GetBytes(kind switch
        {
            0 => $"GET /v2/ HTTP/1.1\r\n{Docker}Accept-Encoding: gzip\r\nConnection: close\r\n\r\n",
            1 => $"HEAD /v2/library/app/blobs/{BlobDigest} HTTP/1.1\r\n{Docker}\r\n",
            2 => $"POST /v2/library/app/blobs/uploads/ HTTP/1.1\r\n{Docker}Content-Length: 0\r\nContent-Type: \r\nAccept-Encoding: gzip\r\n\r\n",
            3 => $"POST /v2/library/app/blobs/uploads/?from=library%2Fother&mount={BlobDigest.Replace(":", "%3A")} HTTP/1.1\r\n{Docker}Content-Length: 0\r\n\r\n",
            4 => $"PATCH {upload} HTTP/1.1\r\n{Docker}Transfer-Encoding: chunked\r\nAccept-Encoding: gzip\r\n\r\n{Blob.Length:x}\r\n{text}\r\n0\r\n\r\n",
            5 => $"PATCH {upload} HTTP/1.1\r\n{Skopeo}Content-Type: application/octet-stream\r\nContent-Range: 0-{Blob.Length - 1}\r\nContent-Length: {Blob.Length}\r\n\r\n{text}",
            6 => $"PUT {upload}?digest={BlobDigest.Replace(":", "%3A")} HTTP/1.1\r\n{Docker}Content-Length: {Blob.Length}\r\nContent-Type: application/octet-stream\r\n\r\n{text}",
            7 => $"PUT /v2/library/app/manifests/latest HTTP/1.1\r\n{Docker}Content-Length: {manifest.Length}\r\nContent-Type: {Client.OciImage}\r\n\r\n{manifest}",
            8 => $"PUT /v2/library/app/manifests/{digest}?tag=a&tag=b HTTP/1.1\r\n{Skopeo}Content-Length: {manifest.Length}\r\nContent-Type: {Client.OciImage}\r\n\r\n{manifest}",
            9 => $"GET /v2/library/app/manifests/latest HTTP/1.1\r\n{Skopeo}{Accept}If-None-Match: \"{digest}\"\r\n\r\n",
            10 => $"GET /v2/library/app/blobs/{Client.Sha256(Client.Random(1000))} HTTP/1.1\r\n{Skopeo}Range: bytes=5-400\r\nIf-Range: \"x\"\r\n\r\n",
            11 => $"GET /v2/library/app/tags/list?n=2&last=a HTTP/1.1\r\n{Skopeo}\r\n",
            12 => $"GET /v2/library/app/referrers/{digest}?artifactType=application%2Fvnd.example&n=3 HTTP/1.1\r\n{Skopeo}\r\n",
            _ => $"DELETE {upload} HTTP/1.1\r\n{Docker}Content-Length: 0\r\n\r\nPOST /v2/library/app/blobs/uploads/?digest={BlobDigest} HTTP/1.1\r\nHost: x\r\nContent-Length: {Blob.Length}\r\nExpect: 100-continue\r\n\r\n{text}",
        });
    }

    static async Task EverythingIsWhatItsNameSays(RegistryHost host)
    {
        var database = host.Services.GetRequiredService<Database.Database>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(host.BlobFolder, "blobs"), "*", SearchOption.AllDirectories))
        {
            var content = await File.ReadAllBytesAsync(file);
            Convert.ToHexStringLower(file.Contains("/sha512/", StringComparison.Ordinal) ? SHA512.HashData(content) : SHA256.HashData(content)).ShouldBe(Path.GetFileName(file));
        }
        foreach (var (digest, size, key) in database.Read(connection => connection.Query<(string, long, string)>("SELECT digest, size, object_key FROM registry_blobs").ToList()))
            new FileInfo(Path.Combine(host.BlobFolder, key)).Length.ShouldBe(size, digest);
        foreach (var (digest, content) in database.Read(connection => connection.Query<(string, byte[])>("SELECT digest, content FROM registry_manifests").ToList()))
            (digest.StartsWith("sha512", StringComparison.Ordinal) ? Client.Sha512(content) : Client.Sha256(content)).ShouldBe(digest);
        foreach (var name in database.Read(connection => connection.Query<string>("SELECT name FROM registry_repositories").ToList())) Registry.Names.RepositoryName.TryParse(name, out _).ShouldBeTrue(name);
        foreach (var tag in database.Read(connection => connection.Query<string>("SELECT name FROM registry_tags").ToList())) Registry.Names.TagName.TryParse(tag, out _).ShouldBeTrue(tag);
    }
}
