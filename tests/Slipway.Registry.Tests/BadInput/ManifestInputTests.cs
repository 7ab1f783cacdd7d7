using System.Text;
using Slipway.Registry.Tests.Conformance;

namespace Slipway.Registry.Tests.BadInput;

/// <summary>Manifests that are none, or that readers would understand differently: refused with the specification's code, and nothing stored.</summary>
public sealed class ManifestInputTests(ConformanceHost shared) : IClassFixture<ConformanceHost>, IAsyncLifetime
{
    readonly RegistryHost _host = shared.Registry;
    string _config = null!;
    string _layer = null!;

    public async ValueTask InitializeAsync()
    {
        _config = await _host.Client.PushBlob("a", "{}"u8.ToArray());
        _layer = await _host.Client.PushBlob("a", Client.Random(100));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    // One key twice, on every level; and as Go's readers see it, who don't distinguish capitals.
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"config":CONFIG,"layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"Layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","digest":"LDIGEST","size":100}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","DIGEST":"CDIGEST","size":100}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":{"a":"b","a":"c"}}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"layer\u017f":[]}""")]
    [InlineData("{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[LAYER],\"Manife\u017fts\":[]}")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","dige\u017ft":"CDIGEST","size":100}]}""")]
    // An image and an index at once (CVE-2021-41190).
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"manifests":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"Manifests":[]}""")]
    // Sizes and digests that are none.
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","size":-1}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","size":1e2}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","size":"100"}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","size":99999999999999999999}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST"}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"sha256:","size":100}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"sha256:..\/..\/etc\/passwd","size":100}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":5,"size":100}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"subject":{"digest":"x","size":1}}""")]
    // Annotations and media types that would break the list of referrers for everyone.
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":{"a":5}}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":{"a":null}}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":["a"]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":"a"}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":{"a":"\ud800"}}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":{"\udfff":"a"}}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"artifactType":"\ud800"}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"artifactType":["a"]}""")]
    // JSON that is none.
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER]}{}""")]
    [InlineData("""{"schemaVersion":2,/* */"config":CONFIG,"layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2,'config':CONFIG,"layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":{"0":LAYER}}""")]
    [InlineData("""{"schemaVersion":"2","config":CONFIG,"layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2.5,"config":CONFIG,"layers":[LAYER]}""")]
    [InlineData("\u0000")]
    public async Task Malformed_IsManifestInvalid(string manifest) => await Refused(manifest, 400, "MANIFEST_INVALID");

    [Theory]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","size":99}]}""")]
    [InlineData("""{"schemaVersion":2,"config":{"digest":"CDIGEST","size":3},"layers":[LAYER]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER,{"digest":"LDIGEST","size":101}]}""")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"digest":"LDIGEST","size":0,"urls":["https://elsewhere.test/"]}]}""")]
    public async Task SizeThatIsNotTheBlobs_IsSizeInvalid(string manifest) => await Refused(manifest, 400, "SIZE_INVALID");

    [Fact]
    public async Task SizeThatIsNotTheManifests_IsSizeInvalid()
    {
        var image = Fill("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER]}""");
        (await _host.Client.PutManifest("a", "v1", image)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Created);
        await Refused($$"""{"schemaVersion":2,"manifests":[{"digest":"{{Client.Sha256(Encoding.UTF8.GetBytes(image))}}","size":{{image.Length + 1}}}]}""", 400, "SIZE_INVALID", Client.OciIndex);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [InlineData("APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON")]
    [InlineData("application/vnd.oci.image.index.v1+json")]
    [InlineData(";")]
    [InlineData("application/vnd.oci.image.manifest.v1+json, text/html")]
    public async Task MediaTypeThatIsNoManifests_IsManifestInvalid(string mediaType) =>
        await Refused("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER]}""", 400, "MANIFEST_INVALID", mediaType);

    [Fact]
    public async Task Deep_IsRefused()
    {
        await Refused("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"x":""" + new string('[', 2_000_000) + new string(']', 2_000_000) + "}", 400, "MANIFEST_INVALID");
        await Refused(string.Concat(Enumerable.Repeat("{\"a\":", 500_000)), 400, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task MoreThan10000References_AreRefused() => await Refused(
        $$"""{"schemaVersion":2,"config":CONFIG,"layers":[{{string.Join(',', Enumerable.Repeat("LAYER", 10_001))}}]}""", 400, "MANIFEST_INVALID");

    [Fact]
    public async Task InvalidUtf8_IsRefused()
    {
        var bytes = Encoding.Latin1.GetBytes(Fill("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"annotations":{"a":"ÿþ"}}"""));
        var before = Stored.In(_host);
        await (await _host.Client.Send("PUT", "/v2/a/manifests/v1", bytes, ("Content-Type", Client.OciImage))).ShouldBeRefused(400, "MANIFEST_INVALID");
        Stored.In(_host).ShouldBe(before);
    }

    string Fill(string manifest) => manifest
        .Replace("CONFIG", """{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"CDIGEST","size":2}""")
        .Replace("LAYER", """{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"LDIGEST","size":100}""")
        .Replace("CDIGEST", _config).Replace("LDIGEST", _layer);

    async Task Refused(string manifest, int status, string code, string mediaType = Client.OciImage)
    {
        var before = Stored.In(_host);
        await (await _host.Client.PutManifest("a", "v1", Fill(manifest), mediaType)).ShouldBeRefused(status, code);
        Stored.In(_host).ShouldBe(before);
    }
}
