using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// grpc.health.v1.Health/Check, spoken by hand: one message of one field each way (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
/// </summary>
static class GrpcHealth
{
    const int Prefix = 5, MaxAnswer = 1024, Serving = 1;

    public static async Task<bool> Check(HttpClient client, string origin, string service, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{origin}/grpc.health.v1.Health/Check")
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
            Content = new ByteArrayContent(Message(service)) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.UserAgent.ParseAdd("slipway-ready");
        request.Headers.TE.ParseAdd("trailers");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!answer.IsSuccessStatusCode) return false;
        var body = new byte[MaxAnswer];
        var length = 0;
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        while (length < body.Length && await stream.ReadAsync(body.AsMemory(length), cancel) is var read and > 0) length += read;
        return answer.TrailingHeaders.TryGetValues("grpc-status", out var status) && status.SequenceEqual(["0"]) && StatusOf(body.AsSpan(0, length)) == Serving;
    }

    /// <summary>HealthCheckRequest: string service = 1.</summary>
    static byte[] Message(string service)
    {
        var name = Encoding.ASCII.GetBytes(service);
        byte[] field = name.Length == 0 ? [] : [0x0a, (byte)Math.Min(name.Length, 127), .. name.AsSpan(0, Math.Min(name.Length, 127))];
        var message = new byte[Prefix + field.Length];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), field.Length);
        field.CopyTo(message, Prefix);
        return message;
    }

    /// <summary>HealthCheckResponse: ServingStatus status = 1; null where it is none.</summary>
    static int? StatusOf(ReadOnlySpan<byte> message) => message.Length == Prefix + 2 && message[0] == 0 && message[Prefix] == 0x08 ? message[Prefix + 1] : null;
}
