using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Slipway.Registry.Storage.S3;

/// <summary>
/// A bucket of Amazon S3 or of a service that speaks its protocol. Without <see cref="AccessKey"/> the credential is the one that the AWS SDK finds by itself: environment,
/// web identity, profile, container or instance role.
/// </summary>
public sealed record S3Options : StorageOptions
{
    /// <summary>S3 signs its addresses for no longer.</summary>
    static readonly TimeSpan LongestRedirect = TimeSpan.FromDays(7);

    public S3Dialect Dialect { get; init; }

    /// <summary>Must exist.</summary>
    public required string Bucket { get; init; }

    /// <summary>"eu-central-1", "cn-hangzhou", "cn-beijing". Needed where <see cref="Endpoint"/> is null; beside an endpoint it may be left out for S3, and requests are signed for "us-east-1".</summary>
    public string? Region { get; init; }

    /// <summary>What requests are signed for, where that is not <see cref="Region"/>. Null: the region; for KS3 the name that its own SDKs sign for, "BEIJING" for "cn-beijing".</summary>
    public string? SigningRegion { get; init; }

    /// <summary>Address of the service, without the bucket. Null: the region's own of the dialect.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Before every name, without slashes at the ends; empty: none. Other programs may have the rest of the bucket.</summary>
    public string Prefix { get; init; } = "";

    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    /// <summary>Of a temporary credential.</summary>
    public string? SessionToken { get; init; }

    /// <summary>Whether the bucket stands in the path (http://HOST/BUCKET/KEY) and not in the host's name. Null: for S3 with an endpoint of one's own yes, else no.</summary>
    public bool? PathStyle { get; init; }

    /// <summary>Of blobs; null: the bucket's own. "STANDARD_IA", "INTELLIGENT_TIERING".</summary>
    public string? StorageClass { get; init; }

    /// <summary>"AES256", "aws:kms"; null: as the bucket does it by itself.</summary>
    public string? ServerSideEncryption { get; init; }

    /// <summary>Of the key service, for "aws:kms"; null: the account's own key.</summary>
    public string? KmsKey { get; init; }

    /// <summary>How long one attempt of one request may take; at most 8 MiB go with it, and where it is more, longer. Default: 100 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Buffers of 8 MiB of all uploads together; one that finds none waits. Default: 16, which is 128 MiB.</summary>
    public int Buffers { get; init; } = 16;

    /// <summary>Connections to the service at once; more requests wait. Default: 256.</summary>
    public int Connections { get; init; } = 256;

    public override string Place => $"{Name} bucket {Bucket} at {Address.GetLeftPart(UriPartial.Path).TrimEnd('/')}{(Prefix.Length > 0 ? $", prefix {Prefix}" : "")}";

    /// <summary>Sizes of parts.</summary>
    internal S3PartSizes Parts { get; init; } = S3PartSizes.Default;

    /// <summary>Names asked for in one listing; 1,000 are the most that S3 gives.</summary>
    internal int Page { get; init; } = 1000;

    /// <summary>The pause before the second attempt; it doubles, and a random part of it is left out.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>An upload that lasted longer says when it was published: a blob of several parts has the time at which it was begun.</summary>
    internal TimeSpan Long { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What is done to a new handler of connections.</summary>
    internal Action<SocketsHttpHandler>? Handler { get; init; }

    internal Uri Address => Endpoint ?? new Uri("https://" + Dialect switch
    {
        S3Dialect.Oss => $"s3.oss-{Region}.aliyuncs.com",
        S3Dialect.Ks3 => $"ks3-{Region}.ksyuncs.com",
        _ => $"s3.{Region}.{(Region?.StartsWith("cn-", StringComparison.Ordinal) is true ? "amazonaws.com.cn" : "amazonaws.com")}",
    });

    /// <summary>The region of an address of Kingsoft's as its own SDKs name it, beyond the rule. (docs.ksyun.com/documents/6761)</summary>
    static readonly Dictionary<string, string> Ks3Regions = new(StringComparer.Ordinal) { ["cn-hk-1"] = "HONGKONG", ["rus"] = "RUSSIA", ["sgp"] = "SINGAPORE" };

    internal string SignedFor => SigningRegion ?? (Dialect, Region) switch
    {
        (S3Dialect.Ks3, { } region) => Ks3Regions.TryGetValue(region, out var named) ? named
            : (region.StartsWith("cn-", StringComparison.Ordinal) ? region[3..] : region).Replace('-', '_').ToUpperInvariant(),
        (_, null) => "us-east-1",
        (_, { } region) => region,
    };

    internal bool IsPathStyle => PathStyle ?? (Dialect == S3Dialect.S3 && Endpoint is not null && !Endpoint.Host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase));

    internal string Name => Dialect switch { S3Dialect.Oss => "oss", S3Dialect.Ks3 => "ks3", _ => "s3" };

    /// <summary>Everything that is wrong with them, each as "key: what, and what would be right"; empty where nothing is.</summary>
    public IEnumerable<string> Errors()
    {
        if (!IsBucketName(Bucket)) yield return $"bucket: '{Bucket}' is no name of a bucket; it has 3 to 63 of a-z, 0-9, hyphens and dots, and begins and ends with a letter or digit.";
        if (Endpoint is { } at && (!at.IsAbsoluteUri || at.Scheme is not ("http" or "https") || at.AbsolutePath != "/" || at.Query.Length > 0))
            yield return $"endpoint: '{at}' is no address of a service; https://s3.example.com would be one, without bucket and path.";
        else if (Endpoint is { } named && named.Host.StartsWith(Bucket + ".", StringComparison.OrdinalIgnoreCase) && Bucket.Length > 0)
            yield return $"endpoint: '{named.Host}' begins with the bucket; leave it out there, it is put before the host where that is needed.";
        if (Region is null && (Endpoint is null || Dialect != S3Dialect.S3))
            yield return $"region: it is missing; {Dialect switch { S3Dialect.Oss => "cn-hangzhou", S3Dialect.Ks3 => "cn-beijing", _ => "eu-central-1" }} would be one{(Dialect == S3Dialect.S3 ? ", or give 'endpoint'" : "")}.";
        else if (Region is not null && !IsRegion(Region)) yield return $"region: '{Region}' is no region; it has a-z, 0-9 and hyphens: eu-central-1, cn-hangzhou, cn-beijing. The service's name ('oss-', 'ks3-') is no part of it.";
        if (Prefix.StartsWith('/') || Prefix.EndsWith('/')) yield return $"prefix: '{Prefix}' has a slash at an end; leave it out.";
        if (AccessKey is null != SecretKey is null) yield return $"{(AccessKey is null ? "accessKey" : "secretKey")}: it is missing; 'accessKey' and 'secretKey' go together, or leave both out for the credential of the environment or of the machine's role.";
        if (AccessKey is null && Dialect != S3Dialect.S3) yield return "accessKey: it is missing; only Amazon's services give credentials to machines by themselves.";
        if (SessionToken is not null && AccessKey is null) yield return "sessionToken: it belongs to an 'accessKey' and a 'secretKey', which are missing.";
        if (PathStyle is true && Dialect == S3Dialect.Oss) yield return "pathStyle: OSS refuses addresses with the bucket in the path; leave it out.";
        if (KmsKey is not null && ServerSideEncryption is not ("aws:kms" or "aws:kms:dsse" or "KMS")) yield return "kmsKey: it is for 'serverSideEncryption: aws:kms'.";
        if (RedirectLifetime > LongestRedirect) yield return "redirect: an address can be signed for seven days at the most.";
    }

    internal override IBlobStore Open() => new S3BlobStore(this);

    internal AmazonS3Client Connect()
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = IsPathStyle,
            AllowAutoRedirect = false,
            // We ask again ourselves, so that each attempt has its own time and only a few are made.
            MaxErrorRetry = 0,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            ThrottleRetries = false,
            // The SDK would send aws-chunked bodies with trailing checksums, which most other services refuse. Bodies are signed with their SHA-256.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            IgnoreConfiguredEndpointUrls = true,
            HttpClientFactory = new S3HttpClientFactory(this),
        };
        if (Endpoint is null && Dialect == S3Dialect.S3 && SigningRegion is null) config.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
        else
        {
            config.ServiceURL = Address.GetLeftPart(UriPartial.Authority);
            config.UseHttp = Address.Scheme == "http";
            config.AuthenticationRegion = SignedFor;
        }
        if (AccessKey is null) return new AmazonS3Client(config);
        return new AmazonS3Client(SessionToken is null ? new BasicAWSCredentials(AccessKey, SecretKey) : new SessionAWSCredentials(AccessKey, SecretKey, SessionToken), config);
    }

    static bool IsBucketName(string name) =>
        name.Length is >= 3 and <= 63 && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.')
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1]) && !name.Contains("..", StringComparison.Ordinal) && !IPAddress.TryParse(name, out _);

    bool IsRegion(string name) =>
        name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
        && (Dialect == S3Dialect.S3 || !(name.StartsWith("oss-", StringComparison.Ordinal) || name.StartsWith("ks3-", StringComparison.Ordinal)));
}
