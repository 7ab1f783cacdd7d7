namespace Slipway.Cli.Tests.Commands;

public sealed class SignatureCommandsTests : IDisposable
{
    const string Pem = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n";

    const string Signer =
        """
        {"name":"release","kind":"key","projects":["shop"],"algorithm":"ECDSA P-256","fingerprint":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "pem":"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n","addedBy":"alice","created":"2026-01-02T00:00:00Z"}
        """;

    const string Policy = """{"project":"shop","policy":{"requireSignature":true,"keys":["release","slipway"],"sameRepository":false,"replacesPlatform":false},"setBy":"alice","changed":"2026-01-02T03:04:00Z"}""";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    async Task<(int Code, TestShell Shell, List<string> Requests)> Run(string answer, int status, params string[] args)
    {
        var requests = new List<string>();
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var body = new StreamReader(http.Request.Body);
            var text = await body.ReadToEndAsync();
            lock (requests) requests.Add($"{http.Request.Method} {http.Request.Path} {text}".TrimEnd());
            if (status == 204) http.Response.StatusCode = 204;
            else await LoopbackServer.Json(http, answer, status);
        });
        var shell = new TestShell { Folder = _folder.Path };
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        return (await shell.Run(args), shell, requests);
    }

    [Fact]
    public async Task TrustAdd_SendsTheFile()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "cosign.pub"), Pem, TestContext.Current.CancellationToken);

        var (code, shell, requests) = await Run(Signer, 201, "trust", "add", "release", "--key", "cosign.pub", "--projects", "shop,web", "--projects", "api");

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["""POST /api/v1/registry/trust {"name":"release","key":"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n","projects":["shop","web","api"]}"""]);
        shell.Out.ShouldContain("release (ECDSA P-256) is trusted in shop");
        shell.Out.ShouldContain("SHA-256 0123456789abcdef");
    }

    [Theory]
    [InlineData("trust", "add", "release")]
    [InlineData("trust", "add", "release", "--key", "a", "--certificate", "b")]
    [InlineData("policy", "set", "shop")]
    [InlineData("policy", "set", "--require-signature")]
    [InlineData("policy", "set", "shop", "--platform", "--require-signature")]
    [InlineData("policy", "rm")]
    public async Task Commands_SayTooLittleOrTooMuch_AreRefusedUnsent(params string[] args)
    {
        var (code, shell, requests) = await Run("{}", 200, args);

        code.ShouldBe(2);
        shell.Error.ShouldContain("Say ");
        requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task TrustAdd_NoSuchFile_SaysSo()
    {
        var (code, shell, requests) = await Run("{}", 200, "trust", "add", "release", "--key", "missing.pub");

        code.ShouldBe(1);
        shell.Error.ShouldContain("missing.pub");
        requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task TrustShow_PublicKey_IsThePemAlone()
    {
        var (_, shell, requests) = await Run(Signer, 200, "trust", "show", "release", "--public-key");

        requests.ShouldBe(["GET /api/v1/registry/trust/release"]);
        shell.Out.ShouldBe(Pem);
    }

    [Fact]
    public async Task TrustListAndRemove_AreTheApis()
    {
        var (_, shell, _) = await Run($"[{Signer}]", 200, "trust", "ls");
        shell.Out.ShouldContain("release");
        shell.Out.ShouldContain("0123456789abcdef");
        (await Run("", 204, "trust", "rm", "release")).Requests.ShouldBe(["DELETE /api/v1/registry/trust/release"]);
    }

    [Fact]
    public async Task PolicySet_OfAProjectOrThePlatform()
    {
        var (_, shell, requests) = await Run(Policy, 200, "policy", "set", "shop", "--key", "release", "--key", "slipway");
        requests.ShouldBe(["""PUT /api/v1/registry/projects/shop/policy {"requireSignature":true,"keys":["release","slipway"],"sameRepository":false,"requireScan":false,"replacesPlatform":false}"""]);
        shell.Out.ShouldContain("shop: signature by release or slipway");

        (await Run(Policy, 200, "policy", "set", "--platform", "--require-signature", "--same-repository")).Requests
            .ShouldBe(["""PUT /api/v1/registry/policy {"requireSignature":true,"keys":[],"sameRepository":true,"requireScan":false,"replacesPlatform":false}"""]);
        (await Run(Policy, 200, "policy", "set", "play", "--replaces-platform")).Requests
            .ShouldBe(["""PUT /api/v1/registry/projects/play/policy {"requireSignature":false,"keys":[],"sameRepository":false,"requireScan":false,"replacesPlatform":true}"""]);
        var (code, wrong, sent) = await Run(Policy, 200, "policy", "set", "shop", "--max-severity", "terrible");
        (code, sent.Count).ShouldBe((2, 0));
        wrong.Error.ShouldContain("'terrible' is no severity");
        (await Run(Policy, 200, "policy", "set", "shop", "--max-severity", "high", "--require-scan")).Requests
            .ShouldBe(["""PUT /api/v1/registry/projects/shop/policy {"requireSignature":false,"keys":[],"sameRepository":false,"requireScan":true,"maxSeverity":"High","replacesPlatform":false}"""]);
    }

    [Fact]
    public async Task PolicyShowAndRemove_AreTheApis()
    {
        var (_, shell, requests) = await Run($"[{Policy}]", 200, "policy", "show");
        requests.ShouldBe(["GET /api/v1/registry/policies"]);
        shell.Out.ShouldContain("signature by release or slipway");
        (await Run(Policy, 200, "policy", "show", "shop")).Requests.ShouldBe(["GET /api/v1/registry/projects/shop/policy"]);
        (await Run(Policy, 200, "policy", "show", "--platform", "--json")).Requests.ShouldBe(["GET /api/v1/registry/policy"]);
        (await Run("[]", 200, "policy", "show")).Shell.Out.ShouldContain("every image may be deployed");
        (await Run("", 204, "policy", "rm", "shop")).Requests.ShouldBe(["DELETE /api/v1/registry/projects/shop/policy"]);
        (await Run("", 204, "policy", "rm", "--platform")).Requests.ShouldBe(["DELETE /api/v1/registry/policy"]);
    }

    [Fact]
    public async Task ImageInspect_ShowsWhoSigned_AndNothingThatASignatureCanPaint()
    {
        var digest = "sha256:" + new string('a', 64);
        var image =
            $$"""
            {"repository":"shop/web","digest":"{{digest}}","mediaType":"application/vnd.oci.image.manifest.v1+json","pushed":"2026-01-01T00:00:00Z","tags":[],"labels":{},"annotations":{},"platforms":[],
            "layers":[],"referrers":[],"indexes":[],"usedBy":[],"signatures":[
            {"format":"cosign","manifest":"{{digest}}","signed":"{{digest}}","state":"Trusted","signer":"slipway","identity":"127.0.0.1:8080/shop/web"},
            {"format":"notation JWS","manifest":"{{digest}}","signed":"{{digest}}","state":"NotTrusted","reason":"its root 'CN=\u001b[31mEvil' is not trusted here"},
            {"format":"cosign","manifest":"{{digest}}","signed":"{{digest}}","state":"Invalid","reason":"its payload is broken"}]}
            """;

        var (code, shell, _) = await Run(image, 200, "image", "inspect", "shop/web:1");

        code.ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("✔ by slipway, cosign, as 127.0.0.1:8080/shop/web");
        shell.Out.ShouldContain("? not trusted, notation JWS: its root 'CN=Evil' is not trusted here");
        shell.Out.ShouldContain("✘ invalid, cosign: its payload is broken");
    }
}
