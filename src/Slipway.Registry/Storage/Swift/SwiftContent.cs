using System.Net;

namespace Slipway.Registry.Storage.Swift;

/// <summary>A body of pieces that lie in memory, so that it can be sent again.</summary>
sealed class SwiftContent(IReadOnlyList<ReadOnlyMemory<byte>> parts) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (var part in parts) await stream.WriteAsync(part, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = parts.Sum(part => (long)part.Length);
        return true;
    }
}
