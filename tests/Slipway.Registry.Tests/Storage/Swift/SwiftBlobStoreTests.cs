using Slipway.Registry.Storage;
using Slipway.Registry.Storage.Swift;

namespace Slipway.Registry.Tests.Storage.Swift;

[Collection(SwiftCollection.Name)]
public sealed class SwiftBlobStoreTests(SwiftServer swift) : NetworkStoreContract
{
    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    private protected override Uri Service => swift.AuthUrl;

    SwiftOptions Options => swift.Options with { Prefix = _prefix, Page = 5, Segment = PartSize, Group = 2, Timeout = TimeSpan.FromSeconds(60) };

    private protected override IBlobStore OpenAt(Uri address, TimeSpan timeout) => new SwiftBlobStore(Options with { AuthUrl = address, Timeout = timeout });

    private protected override bool IsCommit(ProxiedRequest request) => request.Method == "PUT" && request.Target.Contains("/blobs/", StringComparison.Ordinal);
}
