namespace Slipway.Cli.Tests.Commands;

public sealed class CertificateCommandsTests : IDisposable
{
    const string Status =
        """
        {"name":"shop.example.com","source":"given","hosts":["shop.example.com","*.example.com"],"issuer":"R11","notBefore":"2026-01-02T00:00:00Z","notAfter":"2026-04-02T00:00:00Z",
        "fingerprint":"0123","addedBy":"alice","problem":"It ends soon."}
        """;

    const string Authority = """{"subject":"CN=Slipway CA 01234567","fingerprint":"0123","notAfter":"2036-01-02T00:00:00Z","certificate":"-----BEGIN CERTIFICATE-----\nMFkw\n-----END CERTIFICATE-----\n"}""";

    readonly TemporaryFolder _folder = new();

    public CertificateCommandsTests()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "chain.pem"), "the chain");
        File.WriteAllText(Path.Combine(_folder.Path, "key.pem"), "the key");
    }

    public void Dispose() => _folder.Dispose();

    async Task<(int Code, TestShell Shell, List<string> Requests)> Run(string answer, int status, params string[] args)
    {
        var requests = new List<string>();
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var body = new StreamReader(http.Request.Body);
            var text = await body.ReadToEndAsync();
            lock (requests) requests.Add($"{http.Request.Method} {http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget} {text}".TrimEnd());
            if (status == 204) http.Response.StatusCode = 204;
            else await LoopbackServer.Json(http, answer, status);
        });
        var shell = new TestShell { Folder = _folder.Path };
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        return (await shell.Run(args), shell, requests);
    }

    [Theory]
    [InlineData(201, "")]
    [InlineData(200, ", in place of the one before")]
    public async Task Add_SendsBothFiles(int status, string more)
    {
        var (code, shell, requests) = await Run(Status, status, "certificate", "add", "--cert", "chain.pem", "--key", "key.pem", "--name", "shop");

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["""POST /api/v1/certificates {"name":"shop","chain":"the chain","key":"the key"}"""]);
        shell.Out.ShouldContain($"shop.example.com is served for shop.example.com, *.example.com until 2026-04-02{more}\n");
    }

    [Theory]
    [InlineData(2, "--key", "certificate", "add", "--cert", "chain.pem")]
    [InlineData(1, "missing.pem", "certificate", "add", "--cert", "missing.pem", "--key", "key.pem")]
    public async Task Add_WithoutBothFiles_IsRefusedUnsent(int expected, string said, params string[] args)
    {
        var (code, shell, requests) = await Run(Status, 201, args);

        code.ShouldBe(expected);
        shell.Error.ShouldContain(said);
        requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task List_SaysUntilWhenAndWhatIsWrong()
    {
        var (code, shell, _) = await Run($"[{Status}]", 200, "certificate", "ls");

        code.ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("shop.example.com, *.example.com");
        shell.Out.ShouldContain("2026-04-02");
        shell.Out.ShouldContain("! shop.example.com: It ends soon.");
    }

    [Fact]
    public async Task Remove_EscapesAWildcard()
    {
        var (code, shell, requests) = await Run("", 204, "certificate", "rm", "*.example.com");

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["DELETE /api/v1/certificates/%2A.example.com"]);
    }

    [Fact]
    public async Task AcmeSet_SendsWhatIsSaid()
    {
        const string Set = """{"directory":"https://acme.test/dir","account":"https://acme.test/account/1","setBy":"alice","changed":"2026-01-02T00:00:00Z"}""";

        var (code, shell, requests) = await Run(Set, 200, "certificate", "acme", "set", "--directory", "https://acme.test/dir", "--email", "ops@example.com", "--roots", "chain.pem", "--agree-to-terms");

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["""PUT /api/v1/acme {"directory":"https://acme.test/dir","email":"ops@example.com","roots":"the chain","agreesToTerms":true,"challenge":"http"}"""]);
        shell.Out.ShouldContain("Certificates come from https://acme.test/dir from now on (account https://acme.test/account/1)");
    }

    [Fact]
    public async Task AcmeSet_WithAProgramForTheDns_MeansThatChallenge_AndNoOtherWordIsTakenForOne()
    {
        const string Set = """{"directory":"https://acme.test/dir","account":"https://acme.test/account/1","setBy":"alice","changed":"2026-01-02T00:00:00Z"}""";
        string[] command = ["certificate", "acme", "set", "--directory", "https://acme.test/dir", "--agree-to-terms"];

        var (code, shell, requests) = await Run(Set, 200, [.. command, "--dns-hook", "dns.sh", "--dns-wait", "1m"]);
        var (wrong, refused, sent) = await Run(Set, 200, [.. command, "--challenge", "email"]);

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["""PUT /api/v1/acme {"directory":"https://acme.test/dir","agreesToTerms":true,"challenge":"dns","dnsHook":"dns.sh","dnsWait":"00:01:00"}"""]);
        wrong.ShouldBe(2);
        refused.Error.ShouldContain("'email' is no way to look at a host (expected http, tls-alpn or dns)");
        sent.ShouldBeEmpty();
    }

    [Fact]
    public async Task CaRenew_SaysFromWhenTheNextRootIssues()
    {
        const string Renewed = """{"subject":"CN=Slipway CA 1","fingerprint":"aa","notAfter":"2036-01-01T00:00:00Z","certificate":"PEM\n","next":{"subject":"CN=Slipway CA 2","fingerprint":"bb","notAfter":"2037-01-01T00:00:00Z","certificate":"PEM2\n","issuesFrom":"2027-01-01T00:00:00Z"}}""";

        var (code, shell, requests) = await Run(Renewed, 200, "ca", "renew");

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["""POST /api/v1/certificate-authority/renew {"atOnce":false}"""]);
        shell.Out.ShouldContain("CN=Slipway CA 2 issues certificates from 2027-01-01 on");
    }

    [Fact]
    public async Task AcmeRemove_IsSent()
    {
        var (code, shell, requests) = await Run("", 204, "certificate", "acme", "rm");

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["DELETE /api/v1/acme"]);
    }

    [Fact]
    public async Task CaShow_IsThePemAlone_AndHowToTrustItBeside()
    {
        var (code, shell, requests) = await Run(Authority, 200, "ca", "show");

        code.ShouldBe(0, shell.Error);
        requests.ShouldBe(["GET /api/v1/certificate-authority"]);
        shell.Out.ShouldBe("-----BEGIN CERTIFICATE-----\nMFkw\n-----END CERTIFICATE-----\n");
        shell.Error.ShouldContain("update-ca-certificates");
        shell.Error.ShouldContain("CN=Slipway CA 01234567, until 2036-01-02");
    }
}
