using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Slipway.Gateway.Mirroring;
using Slipway.Gateway.Policies;

namespace Slipway.Gateway.Forwarding;

/// <summary>The request's head as an instance gets it.</summary>
static class RequestHead
{
    static ulong _requests = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>Writes it into the buffer and returns its length.</summary>
    public static int Write(Exchange exchange, HeadBuffer buffer)
    {
        var writer = new HeadWriter(buffer);
        Write(exchange, ref writer, null);
        return writer.Length;
    }

    /// <summary>The head of a copy: without what frames a body and without the line that ends it, which whoever has the body writes.</summary>
    /// <param name="cookie">Begins with the name of the gateway's own cookie, which is left out.</param>
    public static void WriteCopy(Exchange exchange, ref HeadWriter writer, string cookie) => Write(exchange, ref writer, cookie);

    /// <param name="exchange">The request.</param>
    /// <param name="writer">Where it is written to.</param>
    /// <param name="ownCookie">Not null: a copy is written.</param>
    static void Write(Exchange exchange, ref HeadWriter writer, string? ownCookie)
    {
        var request = exchange.Request;
        var headers = request.Headers;
        headers.TryGetValue(HeaderNames.Connection, out var options);
        writer.Write(exchange.IsStreamedWebSocket ? HttpMethods.Get : request.Method);
        writer.Write(" "u8);
        var target = OriginForm(request.RawTarget);
        var (edits, rewrite) = (exchange.Policy?.RequestHeaders, exchange.Policy?.Rewrite);
        // One that can't be rewritten was refused before it came here.
        writer.Write(rewrite?.Apply(target) ?? target);
        writer.Write(" HTTP/1.1\r\n"u8);

        var (forwardedFor, trace, traceState, marks) = (StringValues.Empty, StringValues.Empty, StringValues.Empty, StringValues.Empty);
        var (host, hasId, hasProto, hasPort, hasHost, hasPrefix) = (StringValues.Empty, false, false, false, false, false);
        foreach (var (name, values) in headers)
        {
            // HTTP/2's pseudo headers are in the dictionary too.
            if (name is [':', ..]) continue;
            switch (HeaderKinds.Of(name))
            {
                case HeaderKind.Forwarded or HeaderKind.ForwardedPrefix when exchange.IsByProxy:
                    if (name.EndsWith("Proto", StringComparison.OrdinalIgnoreCase)) hasProto = true;
                    else if (name.EndsWith("Port", StringComparison.OrdinalIgnoreCase)) hasPort = true;
                    else if (name.EndsWith("Host", StringComparison.OrdinalIgnoreCase)) hasHost = true;
                    else hasPrefix = true;
                    break;
                case HeaderKind.Connection or HeaderKind.HopByHop or HeaderKind.Forwarded or HeaderKind.ForwardedPrefix or HeaderKind.TransferEncoding or HeaderKind.Upgrade:
                    continue;
                case HeaderKind.TraceParent:
                    trace = values;
                    continue;
                case HeaderKind.TraceState:
                    traceState = values;
                    continue;
                case HeaderKind.ForwardedFor:
                    forwardedFor = values;
                    continue;
                case HeaderKind.HopMark:
                    marks = values;
                    continue;
                case HeaderKind.Mirrored when !exchange.IsByProxy:
                    continue;
                case HeaderKind.Host:
                    host = values;
                    break;
                case HeaderKind.RequestId:
                    hasId = true;
                    break;
            }
            if (options.Count > 0 && IsNamed(options, name)) continue;
            if (edits is not null && edits.Drops(name)) continue;
            if (ownCookie is not null && !MirrorHead.Passes(ref writer, name, values, ownCookie)) continue;
            for (var i = 0; i < values.Count; i++) writer.WriteLine(name, values[i] ?? "");
        }
        WriteForwardedFor(ref writer, exchange, forwardedFor);
        WriteHopMark(ref writer, marks);
        if (!hasProto && !hasPort) writer.Write(exchange.ForwardedTail);
        else if (!hasProto) writer.WriteLine("X-Forwarded-Proto", request.Scheme);
        if (!hasHost && host.Count > 0) writer.WriteLine("X-Forwarded-Host", host.ToString());
        if (!hasPrefix && rewrite?.Stripped is { } prefix) writer.WriteLine("X-Forwarded-Prefix", prefix);
        if (!hasId && edits?.Drops("X-Request-Id") is not true) WriteRequestId(ref writer, exchange);
        WriteTrace(ref writer, exchange, trace, traceState, edits);
        if (edits is not null) writer.Write(edits.Lines);
        if (ownCookie is not null)
        {
            writer.WriteLine(CompiledMirror.Header, "true");
            return;
        }
        if (exchange.HasBody && headers.ContentLength is null) writer.Write("Transfer-Encoding: chunked\r\n"u8);
        if (exchange.WantsUpgrade)
        {
            writer.Write("Connection: Upgrade\r\n"u8);
            if (exchange.IsStreamedWebSocket) WebSocketHandshake.WriteRequest(ref writer);
            else writer.WriteLine("Upgrade", headers.Upgrade.ToString());
        }
        writer.Write("\r\n"u8);
    }

    /// <summary>What came is kept only where a trusted proxy says it: from anybody else it may be invented.</summary>
    static void WriteForwardedFor(ref HeadWriter writer, Exchange exchange, StringValues before)
    {
        writer.Write("X-Forwarded-For: "u8);
        if (before.Count > 0 && exchange.IsByProxy)
        {
            writer.Write(before.ToString());
            writer.Write(", "u8);
        }
        writer.Write(exchange.PeerText);
        writer.Write("\r\n"u8);
    }

    static void WriteHopMark(ref HeadWriter writer, StringValues before)
    {
        if (before.Count == 0)
        {
            writer.Write(HopMark.Line);
            return;
        }
        writer.Write(HopMark.Header);
        writer.Write(": "u8);
        writer.Write(before.ToString());
        writer.Write(HopMark.Next);
    }

    /// <summary>16 hexadecimal digits: a random start, then one up for each request. An instance that is asked again sees the same.</summary>
    static void WriteRequestId(ref HeadWriter writer, Exchange exchange)
    {
        if (exchange.RequestNumber == 0) exchange.RequestNumber = Interlocked.Increment(ref _requests);
        Span<byte> digits = stackalloc byte[16];
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, exchange.RequestNumber);
        Convert.TryToHexStringLower(bytes, digits, out _);
        writer.Write("X-Request-Id: "u8);
        writer.Write(digits);
        writer.Write("\r\n"u8);
    }

    /// <summary>Passed on as it came, or begun; a state belongs to the parent that it came with (W3C Trace Context, sections 3.2 and 3.3).</summary>
    static void WriteTrace(ref HeadWriter writer, Exchange exchange, StringValues parent, StringValues state, RequestHeaderEdits? edits)
    {
        if (edits is not null && edits.Drops(TraceContext.Parent)) return;
        writer.Write("traceparent: "u8);
        if (parent.Count == 1 && TraceContext.IsValid(parent[0]))
        {
            exchange.Trace = TraceContext.Of(parent[0]!);
            writer.Write(parent[0]!);
            writer.Write("\r\n"u8);
            if (edits is not null && edits.Drops(TraceContext.State)) return;
            for (var i = 0; i < state.Count; i++) writer.WriteLine(TraceContext.State, state[i] ?? "");
            return;
        }
        if (exchange.Trace.IsNone) exchange.Trace = TraceContext.Begin();
        Span<byte> text = stackalloc byte[TraceContext.Length];
        exchange.Trace.Write(text);
        writer.Write(text);
        writer.Write("\r\n"u8);
    }

    /// <summary>Headers that Connection names are between two hops (RFC 9110, section 7.6.1).</summary>
    static bool IsNamed(StringValues options, string name)
    {
        foreach (var option in options)
        {
            if (option is null || option.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) || option.Equals("close", StringComparison.OrdinalIgnoreCase)) continue;
            // Host and the body's length are not the client's to take away.
            if (Grammar.ListHolds(option, name) && HeaderKinds.Of(name) is not (HeaderKind.Host or HeaderKind.ContentLength)) return true;
        }
        return false;
    }

    /// <summary>"GET http://host/path" is for proxies that a client chose (RFC 9112, section 3.2.2); Kestrel has compared its host with Host.</summary>
    internal static string OriginForm(string target)
    {
        if (target is ['/', ..] or "*") return target;
        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return "/";
        var path = target.AsSpan(scheme + 3).IndexOfAny('/', '?');
        if (path < 0) return "/";
        var rest = target[(scheme + 3 + path)..];
        return rest[0] == '/' ? rest : "/" + rest;
    }
}
