using Slipway.Registry.Tests.Conformance;

namespace Slipway.Registry.Tests.BadInput;

/// <summary>Names, digests, tags and identifiers that are none, in every place of a path or query: the specification's refusal, and nothing stored.</summary>
public sealed class PathTests(ConformanceHost shared) : IClassFixture<ConformanceHost>
{
    const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    readonly RegistryHost _host = shared.Registry;

    public static TheoryData<string, string, int> Targets => new()
    {
        // Out of the folder, written in every way.
        { "GET", "/v2/../../etc/passwd", 404 },
        { "GET", "/v2/a/../../../etc/passwd/blobs/" + Digest, 404 },
        { "GET", "/v2/a/../b/blobs/" + Digest, 400 },
        { "GET", "/v2/%2e%2e/%2e%2e/etc/blobs/" + Digest, 404 },
        { "GET", "/v2/a/%2e%2e/b/blobs/" + Digest, 400 },
        { "GET", "/v2/..%2f..%2fetc/blobs/" + Digest, 400 },
        { "GET", "/v2/a%2f..%2fb/blobs/" + Digest, 400 },
        { "GET", "/v2/a/..%5c..%5cb/blobs/" + Digest, 400 },
        { "GET", @"/v2/a\..\b/blobs/" + Digest, 400 },
        { "GET", "/v2/a/blobs/sha256:../../../../etc/passwd", 404 },
        { "GET", "/v2/a/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd", 400 },
        { "GET", "/v2/a/blobs/sha256%3a%2e%2e", 400 },
        { "GET", "/v2/a/blobs/../manifests/x", 400 },
        { "GET", "/v2/a/manifests/..%2f..%2fetc%2fpasswd", 404 },
        { "PUT", "/v2/a/manifests/..%2f..%2fetc%2fpasswd", 400 },
        { "DELETE", "/v2/a/manifests/%2e%2e", 404 },
        { "PATCH", "/v2/a/blobs/uploads/..%2f..%2fx", 404 },
        { "PUT", "/v2/a/blobs/uploads/..%2f..%2fx?digest=" + Digest, 404 },
        { "DELETE", "/v2/a/blobs/uploads/%00", 400 },
        { "POST", "/v2/a/blobs/uploads/?mount=" + Digest + "&from=../../etc", 400 },
        { "POST", "/v2/a/blobs/uploads/?mount=..%2f..%2fetc&from=b", 400 },
        { "POST", "/v2/a/blobs/uploads/?digest=..%2f..%2fetc%2fpasswd", 400 },
        { "POST", "/v2/a/blobs/uploads/?digest-algorithm=..%2f..%2f", 400 },
        { "GET", "/v2/a/referrers/..%2f..%2f", 400 },

        // Malformed.
        { "GET", "/v2//a/tags/list", 400 },
        { "GET", "//v2/a/tags/list", 404 },
        { "GET", "/v2/a//tags/list", 400 },
        { "GET", "/v2/a/tags//list", 404 },
        { "GET", "/v2/a/tags/list/", 404 },
        { "GET", "/v2/-a/tags/list", 400 },
        { "GET", "/v2/a..b/tags/list", 400 },
        { "GET", "/v2/a_/tags/list", 400 },
        { "GET", "/v2/A/tags/list", 400 },
        { "GET", "/v2/%61/tags/list", 400 },
        { "GET", "/v2/a%00/tags/list", 400 },
        { "GET", "/v2/a%0d%0aX-Injected:%201/tags/list", 400 },
        { "GET", "/v2/a/blobs/" + "SHA256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", 400 },
        { "GET", "/v2/a/blobs/sha256:", 400 },
        { "GET", "/v2/a/blobs/:", 400 },
        { "GET", "/v2/a/blobs/%zz", 400 },
        { "GET", "/v2/a/blobs/" + Digest + "%00", 400 },
        { "GET", "/v2/a/blobs/" + Digest + "%0a", 400 },
        { "GET", "/v2/a/manifests/%ff%fe", 404 },
        { "PUT", "/v2/a/manifests/-x", 400 },
        { "PUT", "/v2/a/manifests/" + Digest + "?tag=..", 400 },
        { "GET", "/v2/a/tags/list?n=-1", 400 },
        { "GET", "/v2/a/tags/list?n=1&n=2", 400 },
        { "GET", "/v2/_catalog?n=9999999999999999999999", 400 },

        // Other forms of a target (RFC 9112, section 3.2).
        { "GET", "http://elsewhere.test/v2/", 200 },
        { "GET", "http://elsewhere.test/v2/A/tags/list", 400 },
        { "GET", "http://elsewhere.test", 404 },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Target_IsAnsweredAndNothingIsStored(string method, string target, int status)
    {
        var before = Stored.In(_host);
        var response = await RawConnection.Exchange(_host, $"{method} {target} HTTP/1.1\r\nHost: elsewhere.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        response.ShouldNotBeNull();
        response.Status.ShouldBe(status, response.Body);
        response.Headers["X-Injected"].ShouldBeEmpty();
        Stored.In(_host).ShouldBe(before);
    }

    [Fact]
    public async Task NameOf256Characters_Is400_In255ItIsTaken()
    {
        await (await _host.Client.GetAsync($"/v2/{new string('a', 256)}/tags/list")).ShouldBeRefused(400, "NAME_INVALID");
        await (await _host.Client.GetAsync($"/v2/{new string('a', 255)}/tags/list")).ShouldBeRefused(404, "NAME_UNKNOWN");
        await (await _host.Client.GetAsync($"/v2/{string.Join('/', Enumerable.Repeat("a", 1500))}/tags/list")).ShouldBeRefused(400, "NAME_INVALID");
    }

    [Fact]
    public async Task TagOf129Characters_Is400() =>
        await (await _host.Client.PutManifest("a", new string('a', 129), "{}")).ShouldBeRefused(400, "MANIFEST_INVALID");

    [Fact]
    public async Task LongQuery_IsIgnoredOrRefused_NeverAnError()
    {
        (await _host.Client.GetAsync($"/v2/?{new string('x', 4000)}")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        (await RawConnection.Exchange(_host, $"GET /v2/?{new string('x', 100_000)} HTTP/1.1\r\nHost: x\r\n\r\n"))!.Status.ShouldBe(414);
        (await RawConnection.Exchange(_host, $"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: {new string('x', 100_000)}\r\n\r\n"))!.Status.ShouldBe(431);
    }

    /// <summary>What is quoted back from a request is escaped and shortened.</summary>
    [Fact]
    public async Task RefusalOfALongName_IsShort()
    {
        var text = await (await _host.Client.GetAsync($"/v2/{new string('A', 4000)}/tags/list")).Text();
        text.Length.ShouldBeLessThan(500);
    }
}
