using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Slipway.Gateway.Forwarding;

enum Framing
{
    None,
    Length,
    Chunked,

    /// <summary>The body ends where the connection does.</summary>
    Close,
}

enum HeadState
{
    Incomplete,
    Complete,
    Invalid,
}

/// <summary>
/// The head of an instance's answer: read strictly (RFC 9112, sections 4 and 5: CRLF line ends, no folding, tokens as names), so that what one
/// side takes for one answer can't be two for the other. Headers go straight into the client's answer.
/// </summary>
sealed class AnswerHead
{
    const string Chunked = "chunked";

    /// <summary>As the instance gave it; of gRPC, once its answer has ended, what grpc-status means in HTTP. 101: the connection became a tunnel.</summary>
    public int Status { get; set; }

    public Framing Framing { get; private set; }

    public long Length { get; private set; }

    public bool KeepAlive { get; private set; }

    /// <summary>The protocol that a 101 changes to.</summary>
    public string? Upgrade { get; set; }

    public void Reset() => Status = 0;

    /// <summary>Takes a final head (or a 101) off the connection's buffer and past 1xx ones, or leaves it there while it is incomplete.</summary>
    public HeadState Read(Exchange exchange, UpstreamConnection connection)
    {
        while (true)
        {
            var received = connection.Received;
            var end = received.IndexOf("\r\n\r\n"u8);
            if (end < 0) return received.Length >= UpstreamConnection.MaxHead ? HeadState.Invalid : HeadState.Incomplete;
            var head = received[..(end + 2)];
            var line = head.IndexOf("\r\n"u8);
            if (!ReadStatus(head[..line])) return HeadState.Invalid;
            connection.Start += end + 4;
            if (Status is >= 200 or 101) return ReadHeaders(head[(line + 2)..], exchange, connection) ? HeadState.Complete : HeadState.Invalid;
            // Kestrel sends 100 itself when the body is first read; other interim answers have no way through it.
            if (Status == 100) exchange.Continue?.TrySetResult(true);
        }
    }

    bool ReadStatus(ReadOnlySpan<byte> line)
    {
        Status = 0;
        // HTTP/1.1 200 OK
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' ') return false;
        if (line.Length > 12 && line[12] != ' ' || !Grammar.IsFieldValue(line[12..])) return false;
        if (!int.TryParse(line.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 100 or > 599) return false;
        Status = status;
        KeepAlive = line[7] == '1';
        return true;
    }

    bool ReadHeaders(ReadOnlySpan<byte> lines, Exchange exchange, UpstreamConnection connection)
    {
        var headers = exchange.Response.Headers;
        long? length = null;
        string? coding = null, options = null;
        Upgrade = null;
        for (var position = 0; lines.Length > 0; position++)
        {
            var end = lines.IndexOf("\r\n"u8);
            if (connection.Lines.Read(position, lines[..end]) is not { } header) return false;
            lines = lines[(end + 2)..];
            switch (header.Kind)
            {
                case HeaderKind.ContentLength:
                    if (!Grammar.TryParseLength(header.Value, out var value) || length is not null && length != value) return false;
                    length = value;
                    break;
                case HeaderKind.TransferEncoding:
                    if (coding is not null) return false;
                    coding = header.Value;
                    break;
                case HeaderKind.Connection:
                    options = options is null ? header.Value : $"{options},{header.Value}";
                    break;
                case HeaderKind.Upgrade:
                    Upgrade = header.Value;
                    break;
                case HeaderKind.HopByHop:
                    break;
                default:
                    headers[header.Name] = headers.TryGetValue(header.Name, out var before) ? StringValues.Concat(before, header.Value) : header.Value;
                    break;
            }
        }
        if (options is not null) ApplyConnection(options, headers);
        Edit(exchange, isTunnel: Status == 101);
        if (exchange.Policy is not { Compress: true } || Status == 101) return Frame(exchange, headers, length, coding);
        exchange.Coding = Compression.Choose(exchange, length);
        if (!Frame(exchange, headers, length, coding)) return false;
        if (exchange.Coding is { } chosen) Compression.Announce(headers, chosen);
        return true;
    }

    /// <summary>What the gateway adds to an answer's headers, and what its route changes.</summary>
    public static void Edit(Exchange exchange, bool isTunnel)
    {
        var headers = exchange.Response.Headers;
        if (exchange.Hsts is { } hsts) headers.StrictTransportSecurity = hsts;
        if (exchange.Cookie is { } cookie) headers.SetCookie = StringValues.Concat(headers.SetCookie, cookie);
        if (exchange.AffinityCookie is { } affinity) headers.SetCookie = StringValues.Concat(headers.SetCookie, affinity);
        if (!isTunnel) exchange.Policy?.ResponseHeaders?.Apply(headers);
    }

    void ApplyConnection(string options, IHeaderDictionary headers)
    {
        if (options.Equals("keep-alive", StringComparison.OrdinalIgnoreCase))
        {
            KeepAlive = true;
            return;
        }
        foreach (var option in options.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (option.Equals("close", StringComparison.OrdinalIgnoreCase)) KeepAlive = false;
            else headers.Remove(option);
        }
    }

    /// <summary>RFC 9112, section 6.3.</summary>
    bool Frame(Exchange exchange, IHeaderDictionary headers, long? length, string? coding)
    {
        exchange.Response.StatusCode = Status;
        var isHead = HttpMethods.IsHead(exchange.Request.Method);
        if (Status is 101 or 204 or 205 or 304 || isHead)
        {
            Framing = Framing.None;
            if (Status == 205 && length != 0) KeepAlive = false;
            if (isHead || Status == 304) headers.ContentLength = coding is null ? length : null;
            return true;
        }
        if (coding is not null)
        {
            // With a length beside it somebody may be at play between the two: answered, but never kept (RFC 9112, section 6.3, point 3).
            if (length is not null) KeepAlive = false;
            Framing = Framing.Chunked;
            return coding.Equals(Chunked, StringComparison.OrdinalIgnoreCase);
        }
        Framing = length is null ? Framing.Close : Framing.Length;
        Length = length ?? 0;
        if (length is null) KeepAlive = false;
        else headers.ContentLength = length;
        return true;
    }
}
