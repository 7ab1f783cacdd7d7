using System.Net;
using System.Text;

namespace Slipway.Registry.Tests.BadInput;

/// <summary>How a request is framed: lengths that lie, two of them, none, Expect, pipelining (RFC 9110 and 9112).</summary>
public sealed class FramingTests : IAsyncLifetime
{
    static readonly byte[] Blob = Client.Random(1000);
    static readonly string Digest = Client.Sha256(Blob);

    RegistryHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("POST", "")]
    [InlineData("PUT", "")]
    [InlineData("PATCH", "Content-Range: 0-1999\r\n")]
    public async Task BodyShorterThanItsLength_StoresNothingButTheUploadsBytes(string method, string headers)
    {
        var location = method == "POST" ? $"/v2/a/blobs/uploads/?digest={Digest}" : await _host.Client.StartUpload("a");
        if (method == "PUT") location += $"?digest={Digest}";
        await using (var connection = await RawConnection.To(_host))
        {
            await connection.Send($"{method} {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n{headers}\r\n");
            await connection.Send(Blob);
            connection.EndSending();
            await connection.ReadToEnd();
        }
        (await _host.Client.Send("HEAD", $"/v2/a/blobs/{Digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        _host.Catalog.Usage().Blobs.ShouldBe(0);
    }

    /// <summary>What follows the body is the next request, and no part of the blob.</summary>
    [Fact]
    public async Task BodyLongerThanItsLength_IsCutAtTheLength()
    {
        await using var connection = await RawConnection.To(_host);
        await connection.Send($"POST /v2/a/blobs/uploads/?digest={Digest} HTTP/1.1\r\nHost: x\r\nContent-Length: {Blob.Length}\r\n\r\n");
        await connection.Send([.. Blob, .. "garbage\r\n\r\n"u8]);
        (await connection.Response())!.Status.ShouldBe(201);
        (await connection.Response())!.Status.ShouldBe(400);
        (await _host.Client.GetByteArrayAsync($"/v2/a/blobs/{Digest}")).ShouldBe(Blob);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\nContent-Length: 20\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length: 1e3\r\n")]
    [InlineData("Content-Length: 99999999999999999999\r\n")]
    [InlineData("Transfer-Encoding: gzip\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n")]
    [InlineData("Host: y\r\n")]
    [InlineData("No colon\r\n")]
    [InlineData(" Folded: x\r\n")]
    [InlineData("Nul: \0\r\n")]
    public async Task HeadThatIsNone_Is4xx_AndTheConnectionEnds(string headers)
    {
        var before = Stored.In(_host);
        await using var connection = await RawConnection.To(_host);
        await connection.Send($"POST /v2/a/blobs/uploads/?digest={Digest} HTTP/1.1\r\nHost: x\r\n{headers}\r\n0123456789");
        (await connection.Response())!.Status.ShouldBeInRange(400, 499);
        (await connection.ReadToEnd()).ShouldBe(0);
        Stored.In(_host).ShouldBe(before);
    }

    /// <summary>Two lengths at once are how a second request is smuggled past a proxy: whatever is read, the connection is not used again.</summary>
    [Fact]
    public async Task LengthAndChunked_AreNotTakenForTwoRequests()
    {
        await using var connection = await RawConnection.To(_host);
        await connection.Send(
            $"POST /v2/a/blobs/uploads/?digest={Client.Sha256([])} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            + "DELETE /v2/a/manifests/latest HTTP/1.1\r\nHost: x\r\n\r\n");
        (await connection.Response())!.Status.ShouldBeOneOf(201, 400);
        (await connection.ReadToEnd()).ShouldBe(0);
    }

    [Theory]
    [InlineData("5\r\nhello\r\nx\r\n")]
    [InlineData("5\r\nhelloworld\r\n")]
    [InlineData("ffffffffffffffff\r\nhello")]
    [InlineData("fffffffffffffffff\r\nhello")]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    public async Task ChunksThatAreNone_Are400_AndStoreNothing(string body)
    {
        await using var connection = await RawConnection.To(_host);
        await connection.Send($"POST /v2/a/blobs/uploads/?digest={Client.Sha256("hello"u8.ToArray())} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        var response = await connection.Response();
        response!.Status.ShouldBe(400);
        response.Body.ShouldContain("SIZE_INVALID");
        _host.Catalog.Usage().Blobs.ShouldBe(0);
    }

    [Fact]
    public async Task Expect_IsAnsweredBeforeTheBodyIsSent_OrItIsRefusedWithoutIt()
    {
        await using var connection = await RawConnection.To(_host);
        await connection.Send($"POST /v2/a/blobs/uploads/?digest={Digest} HTTP/1.1\r\nHost: x\r\nContent-Length: {Blob.Length}\r\nExpect: 100-continue\r\n\r\n");
        (await connection.Response())!.Status.ShouldBe(100);
        await connection.Send(Blob);
        (await connection.Response())!.Status.ShouldBe(201);

        await using var refused = await RawConnection.To(_host);
        await refused.Send("PUT /v2/a/manifests/latest HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\nExpect: 100-continue\r\n\r\n");
        (await refused.Response())!.Status.ShouldBe(413);
    }

    [Fact]
    public async Task Pipelined_AreAnsweredInOrder()
    {
        await using var connection = await RawConnection.To(_host);
        var requests = new StringBuilder();
        for (var i = 0; i < 50; i++) requests.Append(i % 2 == 0 ? "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n" : $"GET /v2/a/manifests/v{i} HTTP/1.1\r\nHost: x\r\n\r\n");
        await connection.Send(requests.ToString());
        for (var i = 0; i < 50; i++)
        {
            var response = await connection.Response();
            response!.Status.ShouldBe(i % 2 == 0 ? 200 : 404);
            if (i % 2 == 1) response.Body.ShouldContain($"'v{i}'");
        }
    }

    /// <summary>A header twice where one is expected: none of them is believed.</summary>
    [Theory]
    [InlineData("PATCH", "Content-Range: 0-9\r\nContent-Range: 10-19\r\n", 400)]
    [InlineData("GET", "Range: bytes=0-9\r\nRange: bytes=10-19\r\n", 200)]
    [InlineData("GET", "If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n", 200)]
    public async Task HeaderTwice_IsNotBelieved(string method, string headers, int status)
    {
        await _host.Client.PushBlob("a", Blob);
        var target = method == "PATCH" ? await _host.Client.StartUpload("a") : $"/v2/a/blobs/{Digest}";
        (await RawConnection.Exchange(_host, $"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n{headers}\r\n0123456789"))!.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("HeAD")]
    [InlineData("get")]
    [InlineData("BREW")]
    public async Task MethodThatIsNone_Is405WithItsBody(string method)
    {
        var refused = await RawConnection.Exchange(_host, $"{method} /v2/a/blobs/{Digest} HTTP/1.1\r\nHost: x\r\n\r\n");
        refused!.Status.ShouldBe(405);
        refused.Body.ShouldContain("UNSUPPORTED");
    }

    [Theory]
    [InlineData("GET /v2/\r\n\r\n")]
    [InlineData("GET /v2/ HTTP/9.9\r\nHost: x\r\n\r\n")]
    [InlineData("GET /v2/ HTTP/1.1\r\n\r\n")]
    [InlineData("G\0T /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET  /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /v2/\u00ff HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n")]
    public async Task RequestLineThatIsNone_IsRefused(string request) => (await RawConnection.Exchange(_host, request))!.Status.ShouldBeInRange(400, 505);
}
