using FsCheck;
using FsCheck.Fluent;
using Slipway.Registry.Endpoints;

namespace Slipway.Registry.Tests.Endpoints;

public sealed class RegistryRequestTests
{
    static readonly string Digest = "sha256:" + new string('a', 64);

    static readonly string[] Names = ["a", "a/b", "blobs", "blobs/uploads", "manifests", "tags/list", "x/blobs/uploads/y", "referrers/manifests", "v2"];

    [Fact]
    public void Parse_NamesThatLookLikeEndpoints_AreReadFromTheRight()
    {
        foreach (var name in Names)
        {
            RegistryRequest.Parse($"/v2/{name}/tags/list?n=1").ShouldBeOfType<RegistryRequest.Tags>().Repository.Value.ShouldBe(name);
            RegistryRequest.Parse($"/v2/{name}/manifests/latest").ShouldBeOfType<RegistryRequest.Manifest>().Repository.Value.ShouldBe(name);
            RegistryRequest.Parse($"/v2/{name}/manifests/{Digest}").ShouldBeOfType<RegistryRequest.Manifest>().Repository.Value.ShouldBe(name);
            RegistryRequest.Parse($"/v2/{name}/referrers/{Digest}").ShouldBeOfType<RegistryRequest.Referrers>().Repository.Value.ShouldBe(name);
            RegistryRequest.Parse($"/v2/{name}/blobs/{Digest}").ShouldBeOfType<RegistryRequest.Blob>().Repository.Value.ShouldBe(name);
            RegistryRequest.Parse($"/v2/{name}/blobs/uploads/").ShouldBeOfType<RegistryRequest.StartUpload>().Repository.Value.ShouldBe(name);
            RegistryRequest.Parse($"/v2/{name}/blobs/uploads").ShouldBeOfType<RegistryRequest.StartUpload>().Repository.Value.ShouldBe(name);
            RegistryRequest.Parse($"/v2/{name}/blobs/uploads/{Guid.NewGuid()}").ShouldBeOfType<RegistryRequest.Upload>().Repository.Value.ShouldBe(name);
        }
    }

    [Theory]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    [InlineData("/v2/?x=y")]
    [InlineData("http://registry.test/v2/")]
    public void Parse_Base_IsFound(string target) => RegistryRequest.Parse(target).ShouldBeOfType<RegistryRequest.Base>();

    [Fact]
    public void Parse_EscapedDigest_IsDecoded() =>
        RegistryRequest.Parse($"/v2/a/blobs/{Digest.Replace(":", "%3A")}").ShouldBeOfType<RegistryRequest.Blob>().Digest.Value.ShouldBe(Digest);

    [Theory]
    [InlineData("/v2/../etc/blobs/uploads/", 400)]
    [InlineData("/v2/a/../../b/tags/list", 400)]
    [InlineData("/v2/a%2f..%2fb/tags/list", 400)]
    [InlineData("/v2/a%2fb/tags/list", 400)]
    [InlineData("/v2//tags/list", 400)]
    [InlineData("/v2/tags/list", 400)]
    [InlineData("/v2/A/tags/list", 400)]
    [InlineData("/v2/a/blobs/sha256:..%2F..%2Fetc%2Fpasswd", 400)]
    [InlineData("/v2/a/blobs/sha256:abc", 400)]
    [InlineData("/v2/a/manifests/sha256:baddigeststring", 400)]
    [InlineData("/v2/a/manifests/md5:d41d8cd98f00b204e9800998ecf8427e", 400)]
    [InlineData("/v2/a/referrers/latest", 400)]
    [InlineData("/v2/a", 404)]
    [InlineData("/v2/a/nothing/b", 404)]
    [InlineData("/v1/a/tags/list", 404)]
    [InlineData("*", 404)]
    public void Parse_Malformed_SaysWhat(string target, int status) =>
        RegistryRequest.Parse(target).ShouldBeOfType<RegistryRequest.Invalid>().Error.Status.ShouldBe(status);

    [Theory]
    [InlineData("..%2f..%2fetc")]
    [InlineData("%00")]
    [InlineData("not-a-uuid")]
    public void Parse_UploadThatIsNoIdentifier_HasNone(string id) =>
        RegistryRequest.Parse($"/v2/a/blobs/uploads/{id}").ShouldBeOfType<RegistryRequest.Upload>().Id.ShouldBeNull();

    [Fact]
    public void Parse_AnyTarget_NeverThrows() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements("/", "/v2/", "a", "..", "%", "%2f", "%zz", ":", "://", "sha256:", "blobs", "uploads", "manifests", "tags", "list", "referrers", "_catalog", "?", "#", "\0", "é").ArrayOf().Select(string.Concat).ToArbitrary(),
        target => RegistryRequest.Parse(target) is not null));

    [Fact]
    public void ChunkRange_WrittenOut_IsReadBack() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<NonNegativeInt>(), ArbMap.Default.ArbFor<NonNegativeInt>(),
        (first, more) => ChunkRange.TryParse($"{first.Get}-{(long)first.Get + more.Get}", out var range) && range.First == first.Get && range.Length == more.Get + 1L));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5-")]
    [InlineData("-5")]
    [InlineData("5-4")]
    [InlineData("+1-5")]
    [InlineData(" 1-5")]
    [InlineData("bytes 0-5/6")]
    [InlineData("0-9223372036854775807")]
    [InlineData("0-99999999999999999999")]
    public void ChunkRange_Malformed_IsRefused(string text) => ChunkRange.TryParse(text, out _).ShouldBeFalse();
}
