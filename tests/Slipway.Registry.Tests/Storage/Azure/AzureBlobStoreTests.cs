using Slipway.Model;
using Slipway.Registry.Storage;
using Slipway.Registry.Storage.Azure;

namespace Slipway.Registry.Tests.Storage.Azure;

[Collection(AzuriteCollection.Name)]
public sealed class AzureBlobStoreTests(Azurite azurite) : NetworkStoreContract
{
    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    private protected override Uri Service => azurite.Service;

    AzureOptions Options => new()
    {
        Account = Azurite.Account, Key = Azurite.Key, Container = Azurite.Container, Endpoint = azurite.Service, Prefix = _prefix, Page = 5,
        Blocks = new BlockSizes(PartSize, 40_000, 16), RetryDelay = TimeSpan.FromMilliseconds(10),
    };

    private protected override IBlobStore OpenAt(Uri address, TimeSpan timeout) => new AzureBlobStore(Options with { Endpoint = address, Timeout = timeout });

    private protected override bool IsCommit(ProxiedRequest request) => request.Headers.ContainsKey("x-ms-meta-slipwaydigest");
}
