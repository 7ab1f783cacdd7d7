using Slipway.Registry.Storage.S3;

namespace Slipway.Registry.Tests.Storage.S3;

/// <summary>What is said of settings that are wrong, by themselves or by the service.</summary>
[Collection(S3Collection.Name)]
public sealed class S3SettingsTests(S3Server server)
{
    S3Options Right => server.Options with { Prefix = $"tests/{Guid.NewGuid():N}" };

    [Fact]
    public async Task Check_AllIsRight_LeavesNothing()
    {
        using var store = new S3BlobStore(Right);
        await store.Check(default);
        await foreach (var left in store.Objects.List("", default)) left.Key.ShouldBeNull();
        await foreach (var left in store.Objects.ListBegun("", default)) left.Key.ShouldBeNull();
    }

    [Fact]
    public async Task Check_ByTheBucketsHost_IsRight()
    {
        using var store = new S3BlobStore(server.ByHost with { Prefix = Right.Prefix });
        await store.Check(default);
        (await store.Presign("blobs/x", TimeSpan.FromMinutes(1))).Host.ShouldBe($"{S3Server.Bucket}.s3.test");
    }

    [Fact]
    public async Task Check_OtherRegion_NamesIt()
    {
        var message = await Refusal(Right with { Region = "eu-central-1" });
        message.ShouldContain("in another region");
        message.ShouldContain("'region'");
    }

    [Fact]
    public async Task Check_SignedForItsOwnRegion_IsRight()
    {
        using var store = new S3BlobStore(Right with { Region = "here", SigningRegion = "us-east-1" });
        await store.Check(default);
    }

    /// <summary>One test for both: they are about the process's environment.</summary>
    [Fact]
    public async Task Requests_WithoutKeys_AreSignedWithTheEnvironmentsCredentialOrSayWhatToGive()
    {
        var environment = new Dictionary<string, string> { ["AWS_ACCESS_KEY_ID"] = "OFENV", ["AWS_SECRET_ACCESS_KEY"] = "secret", ["AWS_SESSION_TOKEN"] = "token" };
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        try
        {
            var message = await Refusal(Right with { AccessKey = null, SecretKey = null });
            message.ShouldContain("no credential was found");
            message.ShouldContain("'accessKey' and 'secretKey'");

            foreach (var (name, value) in environment) Environment.SetEnvironmentVariable(name, value);
            await using var recorder = await S3Recorder.Start();
            using var store = new S3BlobStore(recorder.Here(Right) with { AccessKey = null, SecretKey = null });
            (await store.UploadLength(Guid.NewGuid(), default)).ShouldBe(0);
            var request = recorder.Requests.Single();
            request.Headers["Authorization"].ShouldContain("Credential=OFENV/");
            request.Headers["x-amz-security-token"].ShouldBe("token");
        }
        finally
        {
            foreach (var name in environment.Keys.Append("AWS_EC2_METADATA_DISABLED")) Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task Check_OtherSecret_NamesIt()
    {
        var message = await Refusal(Right with { SecretKey = "other-secret" });
        message.ShouldContain($"s3 bucket {S3Server.Bucket} at {server.Service.AbsoluteUri.TrimEnd('/')}");
        message.ShouldContain("'secretKey'");
        message.ShouldNotContain("other-secret");
    }

    [Fact]
    public async Task Check_NoSuchAccessKey_NamesIt() => (await Refusal(Right with { AccessKey = "test:nobody" })).ShouldContain("'accessKey'");

    [Fact]
    public async Task Check_UserWithoutRights_SaysWhichAreNeeded()
    {
        var message = await Refusal(Right with { AccessKey = "test:stranger" });
        message.ShouldContain("access is denied");
        message.ShouldContain("AbortMultipartUpload");
    }

    [Fact]
    public async Task Check_NoSuchBucket_NamesIt() => (await Refusal(Right with { Bucket = "missing" })).ShouldContain("there is no bucket 'missing'");

    [Fact]
    public async Task Check_NobodyListens_SaysSoInOneLine()
    {
        var message = await Refusal(Right with { Endpoint = new Uri("http://127.0.0.1:9/") });
        message.ShouldContain("'endpoint'");
        message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Check_UnknownHost_SaysSo() => (await Refusal(Right with { Endpoint = new Uri("http://s3.invalid/") })).ShouldContain("the name of the service is not known (s3.invalid)");

    [Fact]
    public void Errors_OfWhatIsRight_AreNone()
    {
        (Right with { Redirect = true }).Errors().ShouldBeEmpty();
        new S3Options { Bucket = "images", Region = "eu-central-1" }.Errors().ShouldBeEmpty();
        new S3Options { Dialect = S3Dialect.Oss, Bucket = "images", Region = "cn-hangzhou", AccessKey = "a", SecretKey = "b" }.Errors().ShouldBeEmpty();
        new S3Options { Dialect = S3Dialect.Ks3, Bucket = "images", Region = "cn-beijing", AccessKey = "a", SecretKey = "b" }.Errors().ShouldBeEmpty();
    }

    [Fact]
    public void Errors_OfAllThatIsWrong_AreToldTogether()
    {
        Keys(new S3Options { Bucket = "Images" }).ShouldBe(["bucket", "region"]);
        Keys(new S3Options { Bucket = "10.0.0.1", Endpoint = new Uri("https://host/images"), Prefix = "/x", AccessKey = "a", KmsKey = "k", RedirectLifetime = TimeSpan.FromDays(8) })
            .ShouldBe(["bucket", "endpoint", "prefix", "secretKey", "kmsKey", "redirect"]);
        Keys(new S3Options { Bucket = "images", Endpoint = new Uri("https://images.s3.example.com"), SessionToken = "t" }).ShouldBe(["endpoint", "sessionToken"]);
        Keys(new S3Options { Dialect = S3Dialect.Oss, Bucket = "images", Region = "oss-cn-hangzhou", PathStyle = true }).ShouldBe(["region", "accessKey", "pathStyle"]);
        Keys(new S3Options { Dialect = S3Dialect.Ks3, Bucket = "images", Endpoint = new Uri("https://ks3-cn-beijing.ksyuncs.com"), AccessKey = "a", SecretKey = "b" }).ShouldBe(["region"]);
    }

    [Theory]
    [InlineData(S3Dialect.S3, "eu-central-1", "s3 bucket images at https://s3.eu-central-1.amazonaws.com", "eu-central-1")]
    [InlineData(S3Dialect.S3, "cn-north-1", "s3 bucket images at https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1")]
    [InlineData(S3Dialect.Oss, "cn-hangzhou", "oss bucket images at https://s3.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou")]
    [InlineData(S3Dialect.Ks3, "cn-beijing", "ks3 bucket images at https://ks3-cn-beijing.ksyuncs.com", "BEIJING")]
    [InlineData(S3Dialect.Ks3, "cn-hk-1", "ks3 bucket images at https://ks3-cn-hk-1.ksyuncs.com", "HONGKONG")]
    [InlineData(S3Dialect.Ks3, "jr-shanghai", "ks3 bucket images at https://ks3-jr-shanghai.ksyuncs.com", "JR_SHANGHAI")]
    public void Region_OfEachDialect_IsItsAddressAndWhatIsSignedFor(S3Dialect dialect, string region, string place, string signed)
    {
        var options = new S3Options { Dialect = dialect, Bucket = "images", Region = region };
        (options.Place, options.SignedFor).ShouldBe((place, signed));
    }

    [Fact]
    public void Place_TellsNoSecret() =>
        (server.Options with { Prefix = "ship" }).Place.ShouldBe($"s3 bucket {S3Server.Bucket} at {server.Service.AbsoluteUri.TrimEnd('/')}, prefix ship");

    static IEnumerable<string> Keys(S3Options options) => options.Errors().Select(error => error.Split(':')[0]);

    static async Task<string> Refusal(S3Options options)
    {
        using var store = new S3BlobStore(options);
        return (await Should.ThrowAsync<IOException>(() => store.Check(default))).Message;
    }
}
