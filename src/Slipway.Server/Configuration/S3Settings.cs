using Slipway.Model;
using Slipway.Registry.Storage.S3;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>
/// The registry's bytes in Amazon S3 or another service with its protocol (s3), Alibaba Cloud OSS (oss), Kingsoft Cloud KS3 (ks3).
/// <code>
/// registry:
///   storage:
///     type: s3                                # or oss, ks3
///     bucket: images
///     region: eu-central-1
///     accessKey: AKIA...                      # with secretKey; s3 without both: environment, web identity, profile, container or instance role
///     secretKey: SECRET
///     # endpoint, prefix, sessionToken, signingRegion, pathStyle, storageClass, serverSideEncryption, kmsKey, redirect
/// </code>
/// </summary>
static class S3Settings
{
    static readonly StorageKeys<S3Options> S3 = Keys("s3", "https://s3.example.com");
    static readonly StorageKeys<S3Options> Oss = Keys("oss", "https://s3.oss-cn-hangzhou-internal.aliyuncs.com");
    static readonly StorageKeys<S3Options> Ks3 = Keys("ks3", "https://ks3-cn-beijing-internal.ksyuncs.com");

    /// <exception cref="InvalidInputException">Every error, with its key and line; no value that may be a secret is repeated.</exception>
    public static S3Options Read(YamlMappingNode storage, S3Dialect dialect) => (dialect switch { S3Dialect.Oss => Oss, S3Dialect.Ks3 => Ks3, _ => S3 })
        .Read(storage, new S3Options { Dialect = dialect, Bucket = "" });

    static StorageKeys<S3Options> Keys(string type, string address) => new(
        type,
        [
            ("bucket", (options, value) => options with { Bucket = value }),
            ("region", (options, value) => options with { Region = value }),
            ("endpoint", (options, value) => options with { Endpoint = StorageValue.Address(value, address) }),
            ("prefix", (options, value) => options with { Prefix = value.Trim('/') }),
            ("accessKey", (options, value) => options with { AccessKey = value }),
            ("secretKey", (options, value) => options with { SecretKey = value }),
            ("sessionToken", (options, value) => options with { SessionToken = value }),
            ("signingRegion", (options, value) => options with { SigningRegion = value }),
            ("pathStyle", (options, value) => options with { PathStyle = StorageValue.YesOrNo(value) }),
            ("storageClass", (options, value) => options with { StorageClass = value }),
            ("serverSideEncryption", (options, value) => options with { ServerSideEncryption = value }),
            ("kmsKey", (options, value) => options with { KmsKey = value }),
            ("redirect", (options, value) => options with { Redirect = StorageValue.YesOrNo(value) }),
        ],
        options => options.Errors());
}
