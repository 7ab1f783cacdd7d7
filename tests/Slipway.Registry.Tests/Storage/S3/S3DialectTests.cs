using Slipway.Model;
using Slipway.Registry.Storage;
using Slipway.Registry.Storage.S3;

namespace Slipway.Registry.Tests.Storage.S3;

/// <summary>The requests that each service gets: host, path, signature, and nothing of which it is known to refuse it.</summary>
public sealed class S3DialectTests
{
    const int Part = 1 << 20;

    static readonly S3Options Aws = new() { Bucket = "images", Region = "eu-central-1", Endpoint = new Uri("http://s3.eu-central-1.amazonaws.com"), AccessKey = "AKID", SecretKey = "secret" };
    static readonly S3Options Minio = Aws with { Region = null, Endpoint = new Uri("http://minio.example:9000") };
    static readonly S3Options Oss = Aws with { Dialect = S3Dialect.Oss, Region = "cn-hangzhou", Endpoint = new Uri("http://s3.oss-cn-hangzhou-internal.aliyuncs.com") };
    static readonly S3Options Ks3 = Aws with { Dialect = S3Dialect.Ks3, Region = "cn-beijing", Endpoint = new Uri("http://ks3-cn-beijing-internal.ksyuncs.com") };

    public static TheoryData<string, string, string, string> Services => new()
    {
        { "aws", "images.s3.eu-central-1.amazonaws.com", "/", "/eu-central-1/s3/aws4_request" },
        { "minio", "minio.example:9000", "/images/", "/us-east-1/s3/aws4_request" },
        { "oss", "images.s3.oss-cn-hangzhou-internal.aliyuncs.com", "/", "/cn-hangzhou/s3/aws4_request" },
        { "ks3", "images.ks3-cn-beijing-internal.ksyuncs.com", "/", "/BEIJING/s3/aws4_request" },
    };

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Requests_OfEachService_AreThoseItKnows(string service, string host, string path, string scope)
    {
        await using var recorder = await S3Recorder.Start();
        using var store = new S3BlobStore(recorder.Here(Of(service)) with { Prefix = "ship", Parts = new S3PartSizes(Part, 5000, 32) });
        var (small, large) = (Guid.NewGuid(), Guid.NewGuid());

        await Push(store, small, Client.Random(100));
        await Push(store, large, Client.Random(Part * 2 + 5));
        await store.Delete(S3BlobStore.BlobKey(small), default);
        await foreach (var _ in store.Blobs(default)) break;
        await foreach (var _ in store.Uploads(default)) break;
        await store.Discard(Guid.NewGuid(), default);

        recorder.Requests.Count.ShouldBeGreaterThan(15);
        foreach (var request in recorder.Requests)
        {
            request.Headers["Host"].ShouldBe(host);
            request.Target.ShouldStartWith(path);
            request.Headers["Authorization"].ShouldStartWith($"AWS4-HMAC-SHA256 Credential=AKID/");
            request.Headers["Authorization"].ShouldContain(scope);
            // The body's own hash: no chunks with signatures, nothing behind the body.
            request.Headers["x-amz-content-sha256"].ShouldMatch("^[0-9a-f]{64}$");
            request.Headers.ContainsKey("x-amz-trailer").ShouldBeFalse();
            request.Headers.ContainsKey("x-amz-decoded-content-length").ShouldBeFalse();
            request.Headers.ContainsKey("Transfer-Encoding").ShouldBeFalse();
            if (request.Headers.TryGetValue("Content-Encoding", out var encoding)) encoding.ShouldNotContain("aws-chunked");
            request.Headers.Keys.ShouldNotContain(name => name.StartsWith("x-amz-checksum", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-amz-sdk-checksum", StringComparison.OrdinalIgnoreCase));
            request.Headers.Keys.ShouldNotContain(name => name.StartsWith("x-amz-meta", StringComparison.OrdinalIgnoreCase) || name.StartsWith("If-", StringComparison.OrdinalIgnoreCase));
            request.Target.ShouldNotContain("?delete");
            request.Target.ShouldNotContain("list-type=2");
        }
        recorder.Requests.ShouldContain(request => request.Method == "PUT" && request.Target.StartsWith($"{path}ship/blobs/{small:D}", StringComparison.Ordinal));
        recorder.Requests.ShouldContain(request => request.Method == "POST" && request.Target.StartsWith($"{path}ship/blobs/{large:D}?uploads", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Presign_OfEachService_IsAnAddressOfTheBucket(string service, string host, string path, string scope)
    {
        using var store = new S3BlobStore(Of(service));
        var address = await store.Presign("blobs/x", TimeSpan.FromMinutes(20));
        address.Authority.ShouldBe(host);
        address.AbsolutePath.ShouldBe($"{path}blobs/x");
        Uri.UnescapeDataString(address.Query).ShouldContain(scope);
        address.Query.ShouldMatch("X-Amz-Expires=12[01][0-9]&");
        address.Query.ShouldContain("X-Amz-SignedHeaders=host");
    }

    [Fact]
    public async Task Presign_WithoutAnEndpoint_IsHttps()
    {
        using var store = new S3BlobStore(Oss with { Endpoint = null });
        (await store.Presign("blobs/x", TimeSpan.FromMinutes(20))).AbsoluteUri.ShouldStartWith("https://images.s3.oss-cn-hangzhou.aliyuncs.com/blobs/x?");
        using var amazon = new S3BlobStore(Aws with { Endpoint = null });
        (await amazon.Presign("blobs/x", TimeSpan.FromMinutes(20))).AbsoluteUri.ShouldStartWith("https://images.s3.eu-central-1.amazonaws.com/blobs/x?");
    }

    [Fact]
    public async Task Requests_WithClassAndEncryptionAndToken_CarryThem()
    {
        await using var recorder = await S3Recorder.Start();
        using var store = new S3BlobStore(recorder.Here(Aws) with
        {
            StorageClass = "STANDARD_IA", ServerSideEncryption = "aws:kms", KmsKey = "key-1", SessionToken = "token", Parts = new S3PartSizes(Part, 5000, 32),
        });
        var (small, large) = (Guid.NewGuid(), Guid.NewGuid());
        await Push(store, small, Client.Random(100));
        await Push(store, large, Client.Random(Part + 5));

        foreach (var blob in recorder.Requests.Where(request => (request.Method, request.Target) == ("PUT", $"/blobs/{small:D}") || request.Target.EndsWith("?uploads", StringComparison.Ordinal)))
        {
            blob.Headers["x-amz-storage-class"].ShouldBe("STANDARD_IA");
            blob.Headers["x-amz-server-side-encryption"].ShouldBe("aws:kms");
            blob.Headers["x-amz-server-side-encryption-aws-kms-key-id"].ShouldBe("key-1");
        }
        recorder.Requests.ShouldAllBe(request => request.Headers["x-amz-security-token"] == "token");
        // What is deleted again in a moment would be paid for a month.
        recorder.Requests.ShouldAllBe(request => !request.Target.Contains("/uploads/") || !request.Headers.ContainsKey("x-amz-storage-class"));
    }

    [Fact]
    public async Task Complete_AnswerIsAnErrorAfterAll_IsAskedAgainAndThenAnIOException()
    {
        var refusals = 0;
        await using var recorder = await S3Recorder.Start(request => request.Method == "POST" && request.Target.Contains("uploadId=", StringComparison.Ordinal) && refusals-- > 0
            ? (200, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>") : null);
        using var store = new S3BlobStore(recorder.Here(Aws) with { Parts = new S3PartSizes(Part, 5000, 32) });

        refusals = 2;
        await Push(store, Guid.NewGuid(), Client.Random(Part + 5));
        refusals = int.MaxValue;
        await Should.ThrowAsync<IOException>(() => Push(store, Guid.NewGuid(), Client.Random(Part + 5)));
    }

    [Fact]
    public async Task Uploads_ServiceListsNone_AreThoseThatWereNoted()
    {
        // OSS does not name ListMultipartUploads among what it understands of S3.
        await using var recorder = await S3Recorder.Start(request => request.Target.Contains("uploads&", StringComparison.Ordinal) || request.Target.Contains("?uploads", StringComparison.Ordinal) && request.Method == "GET"
            ? (501, "<Error><Code>NotImplemented</Code><Message>no</Message></Error>") : null);
        using var store = new S3BlobStore(recorder.Here(Oss));
        await foreach (var _ in store.Uploads(default)) throw new InvalidOperationException("there is none");
        recorder.Requests.Count(request => request.Target.Contains("uploads", StringComparison.Ordinal) && !request.Target.Contains("prefix=uploads", StringComparison.Ordinal)).ShouldBe(1);
        await store.Discard(Guid.NewGuid(), default);
    }

    [Fact]
    public async Task Requests_Refused_AreNotRepeatedAndThoseThatPassAre()
    {
        var status = 403;
        await using var recorder = await S3Recorder.Start(_ => (status, $"<Error><Code>{(status == 403 ? "AccessDenied" : "SlowDown")}</Code><Message>no</Message></Error>"));
        using var store = new S3BlobStore(recorder.Here(Aws));
        (await Should.ThrowAsync<IOException>(() => store.OpenUpload(Guid.NewGuid(), default))).Message.ShouldContain("access is denied");
        recorder.Requests.Count.ShouldBe(1);
        status = 503;
        (await Should.ThrowAsync<IOException>(() => store.OpenUpload(Guid.NewGuid(), default))).Message.ShouldContain("busy");
        recorder.Requests.Count.ShouldBe(1 + 4);
    }

    static S3Options Of(string service) => service switch { "aws" => Aws, "minio" => Minio, "oss" => Oss, _ => Ks3 };

    static async Task Push(S3BlobStore store, Guid id, byte[] content)
    {
        await using var writer = await store.OpenUpload(id, default);
        try
        {
            await writer.Append(content, default);
            await writer.Flush(default);
            await store.Publish(id, Digest.Sha256(content), default);
        }
        finally
        {
            ((S3UploadWriter)writer).End();
        }
    }
}
