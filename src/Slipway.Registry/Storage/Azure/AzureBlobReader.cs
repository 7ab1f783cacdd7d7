namespace Slipway.Registry.Storage.Azure;

/// <summary>Reads a blob. When an answer breaks off, the SDK goes on by itself where it ended, as long as the blob is the same.</summary>
sealed class AzureBlobReader(AzureBlobs blobs, string key, long length) : RangedBlobReader(blobs.Options.Place, key, length)
{
    protected override async Task<(Stream Content, IDisposable Answer)?> Open(long offset, long size, CancellationToken cancel) =>
        await blobs.Read(Key, offset, size, cancel) is { } content ? (content, content) : null;

    protected override IOException Failure(Exception broken) => broken as IOException ?? blobs.Failure(broken, $"reading {Key}");

    protected override IOException EndedEarly(long missing) => new($"{blobs.Options.Place}: the answer to reading {Key} ended {missing} bytes early");
}
