namespace Slipway.Registry.Storage.S3;

/// <summary>Reads an object.</summary>
sealed class S3BlobReader(S3Objects objects, string key, long length) : RangedBlobReader(objects.Options.Place, key, length)
{
    protected override Task<(Stream Content, IDisposable Answer)?> Open(long offset, long size, CancellationToken cancel) => objects.Read(Key, offset, size, cancel);

    protected override async ValueTask<int> ReadOn(Stream content, Memory<byte> buffer, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(objects.Options.Timeout);
        return await content.ReadAsync(buffer, patience.Token);
    }

    // A request is repeated by itself; here it is the answer that broke off.
    protected override bool IsFinal(Exception broken) => broken is S3Exception;

    protected override IOException Failure(Exception broken) => S3Failure.Translate(broken, $"reading {Key}", objects.Options);

    protected override IOException EndedEarly(long missing) => new($"the answer ended {missing} bytes early");
}
