using System.Buffers;
using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Upstreams;

namespace Slipway.Gateway.Mirroring;

/// <summary>A copy to an instance that speaks HTTP/2 or TLS: asked, read and dropped, within the limits of <see cref="RequestCopy"/>.</summary>
static class ClientCopy
{
    const int BufferSize = 16 * 1024;

    /// <returns>0: no answer. Of gRPC what its status means, as with requests.</returns>
    public static async Task<(int Status, bool IsWhole)> Ask(UpstreamClient client, HttpRequestMessage request)
    {
        using var end = new CancellationTokenSource(RequestCopy.AnswerLimit);
        var status = 0;
        try
        {
            using var answer = await client.Send(request, RequestCopy.ConnectLimit, end.Token);
            status = (int)answer.StatusCode;
            end.CancelAfter(RequestCopy.WholeLimit);
            await Drain(answer, end.Token);
            if (status == StatusCodes.Status200OK && ClientAnswer.GrpcStatusOf(answer) is { } grpc) status = GrpcAnswers.HttpStatus(grpc);
            return (status, true);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // An answer that went on for longer than is waited for is an answer: a stream has no end.
            return (status, status != 0 && end.IsCancellationRequested);
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
