using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Logging;

/// <summary>
/// A request as a line. What clients send is cut and escaped: no line can be broken or made up by one.
/// <code>
///   combined  CLIENT - USER [TIME] "METHOD TARGET PROTOCOL" STATUS BYTES "REFERER" "AGENT" HOST APP/SERVICE vN INSTANCE UPSTREAM TOTAL REQUEST-ID TRACE-ID
///   json      {"time":...,"client":...,...}
/// </code>
/// UPSTREAM is the time from asking the instance to its answer's head, TOTAL that to the answer's end, both in seconds; - and absent: there is none.
/// </summary>
static class LogLine
{
    public const int MaxLength = 16 * 1024;

    const int MaxTarget = 2048, MaxText = 512, InstanceLength = 12;

    /// <returns>Bytes of the line, its LF among them.</returns>
    public static int Format(byte[] line, AccessLogFormat format, Exchange exchange, Exception? failed, DateTimeOffset now)
    {
        var fields = new Fields(exchange, failed, now);
        var writer = new LineWriter(line);
        if (format == AccessLogFormat.Json) Json(ref writer, fields, exchange);
        else Combined(ref writer, fields, exchange);
        return writer.End();
    }

    static void Combined(ref LineWriter writer, in Fields fields, Exchange exchange)
    {
        var headers = exchange.Request.Headers;
        writer.Raw(fields.Client);
        writer.Raw(" - ");
        writer.Word(exchange.User, MaxText);
        writer.Raw(" [");
        writer.Raw(fields.Time.ToString("dd/MMM/yyyy:HH:mm:ss", CultureInfo.InvariantCulture));
        writer.Raw(" +0000] \"");
        writer.Quoted(exchange.Request.Method, MaxText);
        writer.Raw(" ");
        writer.Quoted(exchange.Request.RawTarget, MaxTarget);
        writer.Raw(" ");
        writer.Raw(exchange.Request.Protocol);
        writer.Raw("\" ");
        writer.Number(fields.Status);
        writer.Raw(" ");
        writer.Number(exchange.Sent);
        writer.Raw(" \"");
        writer.Quoted(Text(headers.Referer), MaxText);
        writer.Raw("\" \"");
        writer.Quoted(Text(headers.UserAgent), MaxText);
        writer.Raw("\" ");
        writer.Word(Text(headers.Host), MaxText);
        writer.Raw(" ");
        if (exchange.Route is { } route)
        {
            writer.Raw(route.Source.App.Value);
            writer.Raw("/");
            writer.Raw(route.Source.Service);
        }
        else
        {
            writer.Raw("-");
        }
        writer.Raw(exchange.Release > 0 && exchange.Instance is not null ? " v" : " -");
        if (exchange.Release > 0 && exchange.Instance is not null) writer.Number(exchange.Release);
        writer.Raw(" ");
        writer.Word(Short(exchange.Instance?.Id), InstanceLength);
        writer.Raw(" ");
        writer.Seconds(fields.Upstream);
        writer.Raw(" ");
        writer.Seconds(fields.Total);
        writer.Raw(" ");
        writer.Word(fields.RequestId, MaxText);
        writer.Raw(" ");
        writer.Word(fields.TraceId, MaxText);
    }

    static void Json(ref LineWriter writer, in Fields fields, Exchange exchange)
    {
        var headers = exchange.Request.Headers;
        writer.Raw("{\"time\":\"");
        writer.Raw(fields.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        writer.Raw("\"");
        writer.Member("client", fields.Client, MaxText);
        writer.Member("user", exchange.User, MaxText);
        writer.Member("method", exchange.Request.Method, MaxText);
        writer.Member("target", exchange.Request.RawTarget, MaxTarget);
        writer.Member("protocol", exchange.Request.Protocol, MaxText);
        writer.Raw(",\"status\":");
        writer.Number(fields.Status);
        writer.Raw(",\"bytes\":");
        writer.Number(exchange.Sent);
        writer.Member("referer", Text(headers.Referer), MaxText);
        writer.Member("agent", Text(headers.UserAgent), MaxText);
        writer.Member("host", Text(headers.Host), MaxText);
        writer.Member("app", exchange.Route?.Source.App.Value, MaxText);
        writer.Member("service", exchange.Route?.Source.Service, MaxText);
        if (exchange.Release > 0 && exchange.Instance is not null)
        {
            writer.Raw(",\"release\":");
            writer.Number(exchange.Release);
        }
        writer.Member("instance", Short(exchange.Instance?.Id), InstanceLength);
        if (fields.Upstream >= 0)
        {
            writer.Raw(",\"upstream\":");
            writer.Seconds(fields.Upstream);
        }
        writer.Raw(",\"duration\":");
        writer.Seconds(fields.Total);
        writer.Member("requestId", fields.RequestId, MaxText);
        writer.Member("traceId", fields.TraceId, MaxText);
        writer.Raw("}");
    }

    static string? Text(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();

    static string? Short(string? instance) => instance is { Length: > InstanceLength } ? instance[..InstanceLength] : instance;

    readonly ref struct Fields
    {
        public Fields(Exchange exchange, Exception? failed, DateTimeOffset now)
        {
            Time = now;
            Client = exchange.Client.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 ? exchange.Client.ToString() : "-";
            // 499, as nginx says it: the client left before there was an answer.
            Status = exchange is { ClientIsGone: true, Response.HasStarted: false } ? 499 : failed is BadHttpRequestException bad ? bad.StatusCode : exchange.Response.StatusCode;
            Upstream = exchange.Asked == 0 || exchange.Answered == 0 ? -1 : Stopwatch.GetElapsedTime(exchange.Asked, exchange.Answered).TotalSeconds;
            Total = Stopwatch.GetElapsedTime(exchange.Started).TotalSeconds;
            RequestId = exchange.Request.Headers["X-Request-Id"] is { Count: > 0 } given ? given.ToString() : exchange.RequestNumber == 0 ? null : exchange.RequestNumber.ToString("x16", CultureInfo.InvariantCulture);
            TraceId = exchange.Trace.IsNone ? null : exchange.Trace.TraceId.ToString("x32", CultureInfo.InvariantCulture);
        }

        public DateTimeOffset Time { get; }
        public string Client { get; }
        public int Status { get; }
        public double Upstream { get; }
        public double Total { get; }
        public string? RequestId { get; }
        public string? TraceId { get; }
    }

    /// <summary>Bytes of one line. Every text is bounded, so that a whole line always fits; what would not is cut.</summary>
    internal ref struct LineWriter(byte[] line)
    {
        int _length;

        public int End()
        {
            line[_length++] = (byte)'\n';
            return _length;
        }

        public void Raw(string text)
        {
            if (_length + text.Length < line.Length) _length += Encoding.Latin1.GetBytes(text, line.AsSpan(_length));
        }

        public void Number(long value)
        {
            value.TryFormat(line.AsSpan(_length, line.Length - 1 - _length), out var written, default, CultureInfo.InvariantCulture);
            _length += written;
        }

        public void Seconds(double value)
        {
            if (value < 0)
            {
                Raw("-");
                return;
            }
            value.TryFormat(line.AsSpan(_length, line.Length - 1 - _length), out var written, "0.000000", CultureInfo.InvariantCulture);
            _length += written;
        }

        /// <summary>Without quotes around it: a space is escaped too, and nothing is a dash.</summary>
        public void Word(string? text, int most) => Escape(text is null or "" ? "-" : text, most, " ");

        public void Quoted(string? text, int most) => Escape(text is null or "" ? "-" : text, most, "");

        /// <summary>As Apache does it: \xHH for what is no printable ASCII, and for quote and backslash.</summary>
        void Escape(string text, int most, string more)
        {
            foreach (var c in text.AsSpan(0, Math.Min(text.Length, most)))
            {
                if (_length + 5 > line.Length) return;
                if (c is >= ' ' and < '\x7f' and not '"' and not '\\' && !more.Contains(c, StringComparison.Ordinal)) line[_length++] = (byte)c;
                else
                {
                    "\\x"u8.CopyTo(line.AsSpan(_length));
                    ((byte)Math.Min((int)c, 0xff)).TryFormat(line.AsSpan(_length + 2), out _, "x2", CultureInfo.InvariantCulture);
                    _length += 4;
                }
            }
        }

        public void Member(string name, string? value, int most)
        {
            if (value is null) return;
            Raw(",\"");
            Raw(name);
            Raw("\":\"");
            foreach (var c in value.AsSpan(0, Math.Min(value.Length, most)))
            {
                if (_length + 64 > line.Length) break;
                if (c is >= ' ' and < '\x7f' and not '"' and not '\\') line[_length++] = (byte)c;
                else
                {
                    "\\u"u8.CopyTo(line.AsSpan(_length));
                    ((int)c).TryFormat(line.AsSpan(_length + 2), out _, "x4", CultureInfo.InvariantCulture);
                    _length += 6;
                }
            }
            Raw("\"");
        }
    }
}
