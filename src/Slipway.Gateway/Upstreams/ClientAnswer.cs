using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Http;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Upstreams;

/// <summary>Brings an instance's answer to the client: head, body as it comes, trailers.</summary>
static class ClientAnswer
{
    const int BufferSize = 32 * 1024, Unflushed = 64 * 1024;

    /// <summary>False: it is none that can be passed on.</summary>
    public static bool ReadHead(Exchange exchange, HttpResponseMessage answer)
    {
        var headers = exchange.Response.Headers;
        string? options = null;
        var status = (int)answer.StatusCode;
        if (status is not (101 or >= 200 and < 600) || !IsWellFormed(answer.Headers) || !IsWellFormed(answer.Content.Headers)) return false;
        exchange.Answer.Status = status;
        exchange.Answer.Upgrade = null;
        foreach (var (name, values) in answer.Headers.NonValidated)
            switch (HeaderKinds.Of(name))
            {
                case HeaderKind.Connection:
                    options = values.ToString();
                    break;
                case HeaderKind.Upgrade:
                    exchange.Answer.Upgrade = values.ToString();
                    break;
                case HeaderKind.HopByHop or HeaderKind.TransferEncoding:
                    break;
                default:
                    headers[name] = Values(values);
                    break;
            }
        foreach (var (name, values) in answer.Content.Headers.NonValidated)
        {
            if (HeaderKinds.Of(name) != HeaderKind.ContentLength) headers[name] = Values(values);
            else if (!long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)) return false;
            else if (status is not (101 or 204 or 205)) headers.ContentLength = length;
        }
        foreach (var option in options?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
            if (HeaderKinds.Of(option) == HeaderKind.Pass) headers.Remove(option);
        return true;
    }

    /// <summary>What the gateway adds and changes; then the body.</summary>
    public static async ValueTask<Outcome> Relay(Exchange exchange, HttpResponseMessage answer, ClientCall call)
    {
        var headers = exchange.Response.Headers;
        exchange.Response.StatusCode = exchange.Answer.Status;
        AnswerHead.Edit(exchange, isTunnel: false);
        var length = headers.ContentLength;
        exchange.Coding = exchange.Policy is { Compress: true } ? Compression.Choose(exchange, length) : null;
        if (exchange.Coding is { } coding) Compression.Announce(headers, coding);
        var outcome = exchange.Answer.Status is 204 or 205 or 304 || HttpMethods.IsHead(exchange.Request.Method) ? Outcome.Done : await RelayBody(exchange, answer, call, length);
        if (outcome == Outcome.Done && exchange.IsGrpc && exchange.Answer.Status == StatusCodes.Status200OK) exchange.Answer.Status = GrpcAnswers.HttpStatus(GrpcStatusOf(answer));
        return outcome;
    }

    static async ValueTask<Outcome> RelayBody(Exchange exchange, HttpResponseMessage answer, ClientCall call, long? length)
    {
        var (writer, idle) = (exchange.Body.Writer, exchange.Policy?.Timeouts?.Idle);
        var encoder = exchange.Coding is { } coding ? Compression.Encoder(coding, new CompressedBody.CountingStream(exchange)) : null;
        // The one way to pass trailers on to HTTP/1.1.
        var framed = !exchange.IsHttp2 && exchange.Request.Protocol == "HTTP/1.1" && length is null && encoder is null;
        if (framed) exchange.Response.Headers.TransferEncoding = "chunked";
        var stream = await answer.Content.ReadAsStreamAsync(call.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var (total, unsent, isPending) = (0L, 0, false);
        try
        {
            while (true)
            {
                if (idle is { } limit) call.Arm(limit);
                isPending = true;
                var reading = stream.ReadAsync(buffer.AsMemory(), call.Token);
                // Also of a body of which there is nothing yet the head goes out. Where it ends at once, head and end are one, as gRPC wants it.
                if (!reading.IsCompleted || unsent >= Unflushed)
                {
                    if (encoder is not null) await encoder.FlushAsync();
                    if ((await writer.FlushAsync()).IsCompleted || exchange.ClientIsGone)
                    {
                        call.Abort();
                        await Ended(reading);
                        isPending = false;
                        return Outcome.ClientGone;
                    }
                    unsent = 0;
                }
                isPending = false;
                var read = await reading;
                if (read == 0) break;
                total += read;
                unsent += read;
                if (encoder is not null) encoder.Write(buffer.AsSpan(0, read));
                else Put(exchange, writer, buffer.AsSpan(0, read), framed);
            }
        }
        finally
        {
            if (idle is not null) call.Disarm();
            // One that is still being read into is nobody else's yet.
            if (!isPending) ArrayPool<byte>.Shared.Return(buffer);
        }
        if (length is not null && total != length && encoder is null) return Outcome.BrokenOff;
        if (encoder is not null) await encoder.DisposeAsync();
        WriteTrailers(exchange, answer.TrailingHeaders, writer, framed, isSaid: encoder is null);
        if (total == 0 && !framed) return Outcome.Done;
        return (await writer.FlushAsync()).IsCompleted ? Outcome.ClientGone : Outcome.Done;
    }

    static void Put(Exchange exchange, PipeWriter writer, ReadOnlySpan<byte> data, bool framed)
    {
        if (framed) ResponseBody.WriteSize(writer, data.Length);
        writer.Put(data);
        if (framed) writer.Put("\r\n"u8);
        exchange.Sent += data.Length;
    }

    /// <summary>Trailers are no way to change framing or routing after the fact (RFC 9110, section 6.5.1).</summary>
    static void WriteTrailers(Exchange exchange, HttpResponseHeaders trailers, PipeWriter writer, bool framed, bool isSaid)
    {
        if (framed) writer.Put("0\r\n"u8);
        var into = exchange.IsHttp2 ? exchange.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : null;
        foreach (var (name, values) in trailers.NonValidated)
        {
            if (!isSaid || HeaderKinds.Of(name) != HeaderKind.Pass || !IsWellFormed(name, values)) continue;
            into?.Append(name, Values(values));
            if (framed)
                foreach (var value in values) writer.Put(System.Text.Encoding.Latin1.GetBytes($"{name}: {value}\r\n"));
        }
        if (framed) writer.Put("\r\n"u8);
    }

    /// <summary>grpc-status of an answer that has ended; null: it has none.</summary>
    public static string? GrpcStatusOf(HttpResponseMessage answer) =>
        answer.TrailingHeaders.NonValidated.TryGetValues("grpc-status", out var late) ? late.ToString() : answer.Headers.NonValidated.TryGetValues("grpc-status", out var early) ? early.ToString() : null;

    /// <summary>The handler takes more than HTTP allows, and lines would be written of it.</summary>
    static bool IsWellFormed(HttpHeaders headers)
    {
        foreach (var (name, values) in headers.NonValidated)
            if (!IsWellFormed(name, values)) return false;
        return true;
    }

    static bool IsWellFormed(string name, HeaderStringValues values)
    {
        if (!Grammar.IsToken(name)) return false;
        foreach (var value in values)
            if (!Grammar.IsFieldValue(value)) return false;
        return true;
    }

    static StringValues Values(HeaderStringValues values) => values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);

    static async ValueTask Ended(ValueTask<int> reading)
    {
        try
        {
            await reading;
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or HttpRequestException)
        {
            // It only must not write into the buffer any more.
        }
    }
}
