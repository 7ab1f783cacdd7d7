using System.Buffers;
using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Upstreams;

namespace Slipway.Gateway.Mirroring;

/// <summary>A copy to an instance that speaks HTTP/2 or TLS: asked, read and dropped, within the limits of <see cref="RequestCopy"/>.</summary>
static class ClientCopy
{
    const int BufferSize = 16 * 1024;

    /// <returns>Of gRPC the status is what its own one means, as with requests.</returns>
    public static async Task<CopyEnd> Ask(UpstreamClient client, HttpRequestMessage request, TimeSpan connectLimit, TimeSpan answerLimit)
    {
        using var end = new CancellationTokenSource(answerLimit);
        var status = 0;
        try
        {
            using var answer = await client.Send(request, connectLimit, end.Token);
            status = (int)answer.StatusCode;
            end.CancelAfter(RequestCopy.WholeLimit);
            await Drain(answer, end.Token);
            if (status == StatusCodes.Status200OK && ClientAnswer.GrpcStatusOf(answer) is { } grpc) status = GrpcAnswers.HttpStatus(grpc);
            return new CopyEnd(status, IsWhole: true);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // An answer that went on for longer than is waited for is an answer: a stream has no end.
            return new CopyEnd(status, IsWhole: status != 0 && end.IsCancellationRequested, IsRefused: status == 0 && UpstreamConnectException.Behind(broken) is not null);
        }
    }

    static async Task Drain(HttpResponseMessage answer, CancellationToken cancel)
    {
        var body = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (var left = RequestCopy.MaxAnswer; left > 0;)
            {
                var read = await body.ReadAsync(buffer.AsMemory(), cancel);
                if (read == 0) return;
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
