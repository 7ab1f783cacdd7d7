namespace Slipway.Registry.Storage.Swift;

/// <summary>Reads an object.</summary>
sealed class SwiftBlobReader(SwiftObjects objects, string key, long length) : RangedBlobReader(objects.Options.Place, key, length)
{
    protected override async Task<(Stream Content, IDisposable Answer)?> Open(long offset, long size, CancellationToken cancel) =>
        await objects.Read(Key, offset, size, cancel) is { } answer ? (await answer.Content.ReadAsStreamAsync(cancel), answer) : null;

    protected override async ValueTask<int> ReadOn(Stream content, Memory<byte> buffer, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(objects.Options.Timeout);
        return await content.ReadAsync(buffer, patience.Token);
    }

    protected override bool IsFinal(Exception broken) => broken is SwiftException;

    protected override IOException Failure(Exception broken) => objects.Broken($"reading {Key}", broken);

    protected override IOException EndedEarly(long missing) => new($"the answer ended {missing} bytes early");
}
