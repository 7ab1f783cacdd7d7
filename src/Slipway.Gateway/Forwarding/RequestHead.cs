using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Slipway.Gateway.Forwarding;

/// <summary>The request's head as an instance gets it.</summary>
static class RequestHead
{
    static long _requests = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>Writes it into the connection's Out buffer and returns its length.</summary>
    public static int Write(Exchange exchange, UpstreamConnection connection)
    {
        var request = exchange.Request;
        var headers = request.Headers;
        headers.TryGetValue(HeaderNames.Connection, out var options);
        var writer = new HeadWriter(connection);
        writer.Write(request.Method);
        writer.Write(" "u8);
        writer.Write(OriginForm(request.RawTarget));
        writer.Write(" HTTP/1.1\r\n"u8);

        var forwardedFor = StringValues.Empty;
        var (host, hasId) = (StringValues.Empty, false);
        foreach (var (name, values) in headers)
        {
            // HTTP/2's pseudo headers are in the dictionary too.
            if (name is [':', ..]) continue;
            switch (HeaderKinds.Of(name))
            {
                case HeaderKind.Connection or HeaderKind.HopByHop or HeaderKind.Forwarded or HeaderKind.TransferEncoding or HeaderKind.Upgrade:
                    continue;
                case HeaderKind.ForwardedFor:
                    forwardedFor = values;
                    continue;
                case HeaderKind.Host:
                    host = values;
                    break;
                case HeaderKind.RequestId:
                    hasId = true;
                    break;
            }
            if (options.Count > 0 && IsNamed(options, name)) continue;
            for (var i = 0; i < values.Count; i++) writer.WriteLine(name, values[i] ?? "");
        }
        WriteForwarded(ref writer, exchange, forwardedFor, host);
        if (!hasId) WriteRequestId(ref writer);
        if (exchange.HasBody && headers.ContentLength is null) writer.Write("Transfer-Encoding: chunked\r\n"u8);
        if (exchange.WantsUpgrade)
        {
            writer.Write("Connection: Upgrade\r\n"u8);
            writer.WriteLine("Upgrade", headers.Upgrade.ToString());
        }
        writer.Write("\r\n"u8);
        return writer.Length;
    }

    static void WriteForwarded(ref HeadWriter writer, Exchange exchange, StringValues before, StringValues host)
    {
        writer.Write("X-Forwarded-For: "u8);
        if (before.Count > 0)
        {
            writer.Write(before.ToString());
            writer.Write(", "u8);
        }
        writer.Write(exchange.ClientAddress);
        writer.Write("\r\n"u8);
        writer.Write(exchange.ForwardedTail);
        if (host.Count > 0) writer.WriteLine("X-Forwarded-Host", host.ToString());
    }

    /// <summary>16 hexadecimal digits: a random start, then one up for each request.</summary>
    static void WriteRequestId(ref HeadWriter writer)
    {
        Span<byte> digits = stackalloc byte[16];
        Interlocked.Increment(ref _requests).TryFormat(digits, out _, "x16", CultureInfo.InvariantCulture);
        writer.Write("X-Request-Id: "u8);
        writer.Write(digits);
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
    static string OriginForm(string target)
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
