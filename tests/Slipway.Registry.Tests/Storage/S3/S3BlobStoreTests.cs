using Slipway.Registry.Storage;
using Slipway.Registry.Storage.S3;

namespace Slipway.Registry.Tests.Storage.S3;

[Collection(S3Collection.Name)]
public sealed class S3BlobStoreTests(S3Server server) : NetworkStoreContract
{
    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    private protected override Uri Service => server.Service;

    /// <summary>The least that S3 takes.</summary>
    private protected override int PartSize => 5 << 20;

    S3Options Options => server.Options with { Prefix = _prefix, Page = 5, Parts = new S3PartSizes(PartSize, 5000, 32) };

    private protected override IBlobStore OpenAt(Uri address, TimeSpan timeout) => new S3BlobStore(Options with { Endpoint = address, Timeout = timeout });

    private protected override bool IsCommit(ProxiedRequest request) => request.Method == "POST" && request.Target.Contains("uploadId=", StringComparison.Ordinal);
}
