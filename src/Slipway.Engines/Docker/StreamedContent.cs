using System.Net;
using System.Runtime.ExceptionServices;

namespace Slipway.Engines.Docker;

/// <summary>A request body that is written to the connection while it is made (chunked); nothing of it is held in memory.</summary>
sealed class StreamedContent : HttpContent
{
    readonly Func<Stream, CancellationToken, Task> _write;

    public StreamedContent(string mediaType, Func<Stream, CancellationToken, Task> write)
    {
        _write = write;
        Headers.TryAddWithoutValidation("Content-Type", mediaType);
    }

    /// <summary>Why the body could not be made: the writer's own error, which HttpClient would report as a broken connection.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            await _write(stream, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Failure = ExceptionDispatchInfo.Capture(failure);
            throw new HttpRequestException("The request's body could not be made.", failure);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
