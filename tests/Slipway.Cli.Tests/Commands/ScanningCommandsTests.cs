using Microsoft.AspNetCore.Http;

namespace Slipway.Cli.Tests.Commands;

public class ScanningCommandsTests
{
    static readonly string Digest = "sha256:" + new string('a', 64);

    const string Scanner = """{"url":"http://127.0.0.1:8081","auth":"None","registryUrl":"http://127.0.0.1:8080","rescanSeconds":86400,"name":"Trivy","vendor":"Aqua Security","version":"0.72.0","consumes":["application/vnd.oci.image.manifest.v1+json"],"produces":["application/vnd.security.vulnerability.report; version=1.1"],"databaseUpdated":"2026-11-28T01:02:03Z","queued":3,"running":1,"failed":2}""";

    static async Task<(TestShell Shell, int Code, List<(string Method, string Path, string Body)> Asked)> Run(Func<HttpContext, string> answer, TestShell? shell, params string[] args)
    {
        var asked = new List<(string, string, string)>();
        await using var server = await LoopbackServer.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            asked.Add((http.Request.Method, http.Request.Path + http.Request.QueryString, await reader.ReadToEndAsync()));
            await LoopbackServer.Json(http, answer(http));
        });
        shell ??= new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        return (shell, await shell.Run(args), asked);
    }

    [Fact]
    public async Task Set_SendsTheCredentialFromAFile_AndShowsWhatTheAdapterIs()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["token"], "hush\n");
        var (shell, code, asked) = await Run(_ => Scanner, new TestShell { Folder = folder.Path }, "scanner", "set", "http://127.0.0.1:8081", "--token-file", "token", "--registry-url", "http://10.0.0.7:8080", "--rescan-after", "12h");
        code.ShouldBe(0, shell.Error);
        asked.Single().ShouldBe(("PUT", "/api/v1/registry/scanner", """{"url":"http://127.0.0.1:8081","auth":"Bearer","secret":"hush","registryUrl":"http://10.0.0.7:8080","rescanSeconds":43200}"""));
        shell.Out.ShouldContain("Images are scanned by Trivy 0.72.0 (Aqua Security)");
        shell.Out.ShouldContain("application/vnd.oci.image.manifest.v1+json");
        shell.Out.ShouldContain("1 running, 3 queued, 2 failed");
        shell.Out.ShouldNotContain("hush");
    }

    [Fact]
    public async Task Set_Basic_TakesThePasswordFromStandardInput()
    {
        var (shell, code, asked) = await Run(_ => Scanner, new TestShell { Input = "hush\n" }, "scanner", "set", "http://127.0.0.1:8081", "--user", "alice", "--password-stdin");
        code.ShouldBe(0, shell.Error);
        asked.Single().Body.ShouldBe("""{"url":"http://127.0.0.1:8081","auth":"Basic","user":"alice","secret":"hush"}""");
    }

    [Theory]
    [InlineData("scanner", "set", "http://x", "--user", "a", "--token-file", "b")]
    [InlineData("scanner", "set", "http://x", "--rescan-after", "sometimes")]
    [InlineData("image", "findings", "shop/web", "--severity", "awful")]
    public async Task WithoutSense_IsMisused_AndNothingIsSent(params string[] args)
    {
        var (shell, code, asked) = await Run(_ => throw new InvalidOperationException("nothing was to be sent"), null, args);
        code.ShouldBe(2, shell.Out + shell.Error);
        asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Show_AdapterIsAway_SaysWhy_AndFails()
    {
        var (shell, code, _) = await Run(_ => Scanner[..^1] + ""","error":"the adapter can't be reached"}""", null, "scanner", "show");
        code.ShouldBe(1);
        shell.Out.ShouldContain("Trivy 0.72.0");
        shell.Error.ShouldContain("the adapter can't be reached");
    }

    [Fact]
    public async Task Scan_WaitsForTheEnd_AndShowsEachPlatform()
    {
        var polls = 0;
        var (shell, code, asked) = await Run(
            http => http.Request.Method == "POST" || ++polls < 3 ? """{"state":"Queued","worst":"None","counts":{},"fixable":0}"""
                : $$"""
                {"state":"Done","scanned":"2020-01-01T00:00:00Z","scanner":"Trivy\u001b[31m 1","worst":"Critical","counts":{"critical":1,"high":4,"low":2},"fixable":3,"platforms":[
                {"platform":"linux/amd64","digest":"{{Digest}}","scan":{"state":"Done","scanned":"2020-01-01T00:00:00Z","worst":"None","counts":{},"fixable":0} },
                {"platform":"linux/arm64","digest":"{{Digest}}","scan":{"state":"Done","scanned":"2020-01-01T00:00:00Z","worst":"Critical","counts":{"critical":1,"high":4,"low":2},"fixable":3} }]}
                """,
            null, "image", "scan", "shop/web:v1");
        code.ShouldBe(0, shell.Error);
        asked[0].ShouldBe(("POST", "/api/v1/registry/images/scan", """{"image":"shop/web:v1"}"""));
        shell.Out.ShouldContain("! shop/web:v1  1 critical, 4 high, 2 low; 3 fixable. Trivy 1, ");
        shell.Out.ShouldContain("  ✔ linux/amd64  none. ");
        shell.Out.ShouldContain("  ! linux/arm64  1 critical, 4 high, 2 low; 3 fixable");
        shell.Out.ShouldNotContain('\e');
    }

    [Fact]
    public async Task Scan_ThatFails_SaysWhy_AndFails()
    {
        var (shell, code, _) = await Run(_ => """{"state":"Failed","worst":"None","counts":{},"fixable":0,"platforms":[],"reason":"no space left"}""", null, "image", "scan", "shop/web:v1");
        code.ShouldBe(1);
        shell.Error.ShouldContain("shop/web:v1 was not scanned: no space left");
    }

    [Fact]
    public async Task Findings_AreATable_OfAllPages()
    {
        var (shell, code, asked) = await Run(
            http => $$"""
                {"image":"shop/web@{{Digest}}","scan":{"state":"Done","scanned":"2020-01-01T00:00:00Z","scanner":"Trivy 1","worst":"Critical","counts":{"critical":1,"high":1},"fixable":1,"platforms":[]},"total":2,
                {{(http.Request.Query["after"] == "0"
                    ? """ "next":1,"findings":[{"id":"CVE-1","severity":"Critical","package":"zlib1g","version":"1.2","fixedVersion":"1.3","link":"https://x.example/CVE-1","platforms":[]}] """
                    : """ "findings":[{"id":"CVE-2","severity":"High","package":"open\u001b[1mssl","version":"3","platforms":[]}] """)}}
                }
                """,
            null, "image", "findings", "shop/web:v1", "--severity", "high");
        code.ShouldBe(0, shell.Error);
        asked.Select(one => one.Path).ShouldBe(["/api/v1/registry/images/findings?image=shop%2Fweb%3Av1&severity=high&after=0&limit=5000", "/api/v1/registry/images/findings?image=shop%2Fweb%3Av1&severity=high&after=1&limit=5000"]);
        var lines = shell.Out.Split('\n').Select(line => line.TrimEnd()).ToArray();
        lines[1].ShouldBe("SEVERITY  ID     PACKAGE  INSTALLED  FIXED IN  LINK");
        lines[2].ShouldBe("critical  CVE-1  zlib1g   1.2        1.3       https://x.example/CVE-1");
        lines[3].ShouldBe("high      CVE-2  openssl  3          -         -");
    }

    [Fact]
    public async Task Ls_ShowsWhatWasFound()
    {
        var (shell, code, _) = await Run(
            _ => $$"""
                {"entries":[{"tag":"v1","digest":"{{Digest}}","mediaType":"x","size":1,"platforms":[],"pushed":"2020-01-01T00:00:00Z","labels":{},"referrers":0,"scan":{"state":"Done","scanned":"2020-01-01T00:00:00Z","worst":"Critical","counts":{"critical":1,"high":4},"fixable":0} },
                {"tag":"v2","digest":"{{Digest}}","mediaType":"x","size":1,"platforms":[],"pushed":"2020-01-01T00:00:00Z","labels":{},"referrers":0}]}
                """,
            null, "image", "ls", "shop/web");
        code.ShouldBe(0, shell.Error);
        var lines = shell.Out.Split('\n');
        var column = lines[0].IndexOf("FOUND", StringComparison.Ordinal);
        lines[1][column..].ShouldStartWith("1C 4H");
        lines[2][column..].ShouldStartWith("-");
    }
}
