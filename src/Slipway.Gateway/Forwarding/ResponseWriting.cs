using System.IO.Pipelines;

namespace Slipway.Gateway.Forwarding;

static class ResponseWriting
{
    const int Block = 4096;

    /// <summary>Without sending. Asks for memory by its size, because before an answer has begun Kestrel gives an empty span to whoever names none.</summary>
    public static void Put(this PipeWriter writer, scoped ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var span = writer.GetSpan(Math.Min(data.Length, Block));
            var piece = data[..Math.Min(data.Length, span.Length)];
            piece.CopyTo(span);
            writer.Advance(piece.Length);
            data = data[piece.Length..];
        }
    }
}
