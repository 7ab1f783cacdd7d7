using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Server.Tests.Certificates;

namespace Slipway.Server.Tests.Api;

public sealed class CertificatesApiTests : IAsyncLifetime
{
    const string Path = "/api/v1/certificates", Password = "a good password";

    TestServer _server = null!;
    HttpClient _user = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        (await _server.Client.PostAsJsonAsync("/api/v1/registry/accounts", new { name = "alice", password = Password }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
        _user = new HttpClient { BaseAddress = new Uri(_server.Host.Url) };
        _user.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{Password}")));
    }

    public async ValueTask DisposeAsync()
    {
        _user.Dispose();
        await _server.DisposeAsync();
    }

    static object Request(MadeCertificate made, string? name = null) => name is null ? new { chain = made.Chain, key = made.Key } : new { name, chain = made.Chain, key = made.Key };

    async Task<string> Read(string path) => await _server.Client.GetStringAsync(path, Cancel);

    [Fact]
    public async Task Certificate_IsAddedListedReplacedAndRemoved_ItsKeyNeverShown()
    {
        var made = MadeCertificate.For("shop.example.com", "*.shop.example.com");

        var added = await _server.Client.PostAsJsonAsync(Path, Request(made), Cancel);
        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        added.Headers.Location!.OriginalString.ShouldBe($"{Path}/shop.example.com");
        (await _server.Client.PostAsJsonAsync(Path, Request(MadeCertificate.For("shop.example.com")), Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _server.Client.PostAsJsonAsync(Path, Request(MadeCertificate.For("*.example.com")), Cancel)).Headers.Location!.OriginalString.ShouldBe($"{Path}/%2A.example.com");

        var list = await Read(Path);
        JsonNode.Parse(list)!.AsArray().Select(one => $"{one!["source"]} {one["name"]} {one["addedBy"]}").ShouldBe(["given *.example.com admin", "given shop.example.com admin"]);
        list.ShouldNotContain("PRIVATE");
        // This server was told of no address.
        list.ShouldContain("slipway up --gateway-https");

        (await _server.Client.DeleteAsync($"{Path}/%2A.example.com", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _server.Client.DeleteAsync($"{Path}/%2A.example.com", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        JsonNode.Parse(await Read(Path))!.AsArray().Count.ShouldBe(1);
        var audit = await Read("/api/v1/registry/audit?target=certificate");
        audit.ShouldContain("*.example.com");
        audit.ShouldNotContain("PRIVATE");
    }

    [Fact]
    public async Task Certificates_AreTheAdministrators_TheRootIsEverybodys()
    {
        (await _user.GetAsync(Path, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _user.PostAsJsonAsync(Path, Request(MadeCertificate.For("a.test")), Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _user.DeleteAsync($"{Path}/a.test", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _user.GetAsync("/api/v1/acme", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _user.PutAsJsonAsync("/api/v1/acme", new { directory = "https://acme.test/" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _user.DeleteAsync("/api/v1/acme", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _server.Anonymous.GetAsync("/api/v1/certificate-authority", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var root = JsonNode.Parse(await _user.GetStringAsync("/api/v1/certificate-authority", Cancel))!;

        using var certificate = X509Certificate2.CreateFromPem(root["certificate"]!.GetValue<string>());
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.ShouldBeTrue();
        root["fingerprint"]!.GetValue<string>().ShouldBe(certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant());
        root.ToJsonString().ShouldNotContain("PRIVATE");
    }

    [Fact]
    public async Task Acme_IsSetShownAndRemoved()
    {
        await using var pebble = await Pebble.Start(httpPort: 1, 1);
        (await _server.Client.GetAsync("/api/v1/acme", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _server.Client.PutAsJsonAsync("/api/v1/acme", new { directory = pebble.DirectoryUrl, roots = pebble.OwnRoot }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        var set = await _server.Client.PutAsJsonAsync("/api/v1/acme", new { directory = pebble.DirectoryUrl, roots = pebble.OwnRoot, agreesToTerms = true }, Cancel);

        set.StatusCode.ShouldBe(HttpStatusCode.OK);
        JsonNode.Parse(await Read("/api/v1/acme"))!["directory"]!.GetValue<string>().ShouldBe(pebble.DirectoryUrl);
        (await _server.Client.DeleteAsync("/api/v1/acme", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _server.Client.DeleteAsync("/api/v1/acme", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Read("/api/v1/registry/audit?target=acme")).ShouldContain(pebble.DirectoryUrl);
    }

    [Fact]
    public async Task BadInput_IsNamedByKey()
    {
        var answer = await _server.Client.PostAsJsonAsync(Path, new { chain = "no pem", key = "no pem" }, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["diagnostics"]!.AsArray().Select(one => one!["key"]!.GetValue<string>()).ShouldBe(["chain"]);

        var named = await _server.Client.PostAsJsonAsync(Path, Request(MadeCertificate.For("a.test"), "../x"), Cancel);
        named.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await named.Content.ReadAsStringAsync(Cancel)).ShouldContain("no name of a certificate");
        JsonNode.Parse(await Read(Path))!.AsArray().ShouldBeEmpty();
    }
}
