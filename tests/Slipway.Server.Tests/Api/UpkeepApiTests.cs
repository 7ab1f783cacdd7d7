using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slipway.Server.Api.Registry;

namespace Slipway.Server.Tests.Api;

public sealed class UpkeepApiTests : IAsyncLifetime
{
    TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Gc_TellsItsParts_AndEndsWithTheReport()
    {
        var lines = await Lines("gc", new GarbageRequest { UntaggedSeconds = 60 }, UpkeepJson.Default.GarbageRequest, UpkeepJson.Default.CollectionLine);
        lines[..^1].Select(line => line.Phase).ShouldBe(["manifests", "links", "blobs", "strays", "repositories"]);
        lines[^1].Report.ShouldNotBeNull().DryRun.ShouldBeFalse();
        (await Status()).LastCollection.ShouldNotBeNull();
    }

    [Fact]
    public async Task Gc_NegativeAge_Is400()
    {
        var answer = await _server.Client.PostAsJsonAsync("/api/v1/registry/gc", new GarbageRequest { UntaggedSeconds = -1 }, UpkeepJson.Default.GarbageRequest);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("untaggedSeconds");
    }

    [Fact]
    public async Task Verify_DamagedBlob_IsAFindingBeforeTheReport()
    {
        var hex = Convert.ToHexStringLower(SHA256.HashData("hello"u8));
        (await _server.Client.PostAsync($"/v2/a/b/blobs/uploads/?digest=sha256:{hex}", new ByteArrayContent(Encoding.UTF8.GetBytes("hello")))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Status()).ShouldBe(new RegistryStatus { Blobs = 1, Bytes = 5 });
        File.WriteAllText(Path.Combine(_server.Data.Registry, "blobs", "sha256", hex[..2], hex), "hellx");

        var lines = await Lines("verify", new VerifyRequest { Withdraw = true }, UpkeepJson.Default.VerifyRequest, UpkeepJson.Default.VerifyLine);

        var finding = lines.Single(line => line.Finding is not null).Finding!;
        (finding.Kind, finding.Digest, finding.Withdrawn).ShouldBe(("damaged", $"sha256:{hex}", true));
        lines[^1].Report.ShouldNotBeNull().Clean.ShouldBeFalse();
    }

    async Task<RegistryStatus> Status() => (await _server.Client.GetFromJsonAsync("/api/v1/registry/status", UpkeepJson.Default.RegistryStatus)).ShouldNotBeNull();

    async Task<List<TLine>> Lines<TRequest, TLine>(
        string path, TRequest request, System.Text.Json.Serialization.Metadata.JsonTypeInfo<TRequest> type, System.Text.Json.Serialization.Metadata.JsonTypeInfo<TLine> line)
    {
        var answer = await _server.Client.PostAsJsonAsync($"/api/v1/registry/{path}", request, type);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
        return [.. (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonSerializer.Deserialize(text, line)!)];
    }
}
