namespace Slipway.Registry.Storage.S3;

/// <summary>
/// Whose S3 it is: what an address looks like, and which ways of asking it knows. What differs beyond is avoided by all: no request is made of which one of them is
/// known to refuse it (aws-chunked bodies and trailing checksums, DeleteObjects, conditional writes, metadata).
/// </summary>
public enum S3Dialect
{
    /// <summary>Amazon S3, and what speaks its protocol: MinIO, Ceph, Swift's s3api, R2 and others.</summary>
    S3,

    /// <summary>Alibaba Cloud OSS by its S3-compatible addresses; the bucket is always in the host's name. (help.aliyun.com, "Compatibility with Amazon S3")</summary>
    Oss,

    /// <summary>Kingsoft Cloud KS3.</summary>
    Ks3,
}
