using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Net.Http.Headers;
using Slipway.Gateway.Upstreams;
using Slipway.Model;

namespace Slipway.Gateway.Forwarding;

/// <summary>What a client gets where no instance's answer can be had: a page for browsers, plain text for programs.</summary>
sealed record ErrorPage(int Status, string? Kind, string Title, string Text, string? Hint = null, int? RetryAfter = null, (string Name, string Value)? Header = null)
{
    public const string BreakerKind = "breaker";

    /// <summary>An instance has the request and may have acted on it.</summary>
    public bool IsLate { get; init; }

    public static ErrorPage BadRequest(string text) => new(400, null, "Bad request", text);

    public static ErrorPage NoRoute(string host) => new(404, "no-route", "No app here",
        host.Length == 0 ? "The request names no host, and no app has this port." : $"No app answers at {host}.",
        "Check the address for a typing error. If the app was just deployed, 'slipway ps APP' shows where it answers.");

    public static ErrorPage HttpsOnly(string host) => new(403, "https-only", "Only over https", $"{host} is served over https alone.", "Use an address that begins with https://.");

    public static ErrorPage HttpOnly(string host) => new(421, "http-only", "Only over http", $"{host} is not served over https.", "Use an address that begins with http://.");

    public static ErrorPage NoInstance(Route route) => new(503, "no-instance", "Not available right now",
        route.Unavailable ?? $"{route.App} has no instance that is ready.", $"'slipway ps {route.App}' shows its instances.", 5);

    public static ErrorPage Forbidden { get; } = new(403, "address", "Not from here", "This app does not take requests from your address.");

    public static ErrorPage Unauthorized(string challenge) =>
        new(401, "credentials", "Who are you?", "This app asks for a name and a password.", Header: (HeaderNames.WWWAuthenticate, challenge));

    public static ErrorPage TooMany(int seconds) => new(429, "rate", "Too many requests", $"You ask more often than this app allows. Try again in {seconds} s.", RetryAfter: seconds);

    public static ErrorPage TooLarge(long most) => new(413, "body", "Too large", string.Create(CultureInfo.InvariantCulture, $"This app takes bodies of at most {most} bytes."));

    public static ErrorPage Busy(string text) => new(503, "busy", "Busy", text, RetryAfter: 1);

    public static ErrorPage Broken(Route route, int seconds) => new(503, BreakerKind, "Not available right now",
        $"Too many requests to {route.App}/{route.Service} failed. It is given a rest.", $"{Logs(route)} Try again in {seconds} s.", seconds);

    public static ErrorPage Loop { get; } = new(508, "loop", "Going round in circles",
        "The request came through this gateway again and again.", "Does an app forward it to a host whose route leads back to the app?");

    public static ErrorPage Redirect(int status, string location) => new(status, null, "Elsewhere", $"What you look for is at {location}", Header: (HeaderNames.Location, location));

    public static ErrorPage Maintenance(Route route) => new(503, "maintenance", "Under maintenance",
        route.Maintenance!.Message ?? $"{route.App} is being worked on and will be back soon.", RetryAfter: route.Maintenance.RetryAfter);

    public static ErrorPage Of(Outcome outcome, Route route) => outcome switch
    {
        Outcome.ConnectTimedOut => new(504, "timeout", "No answer in time", $"No instance of {route.App}/{route.Service} accepted a connection in time.", Logs(route)),
        Outcome.AnswerTimedOut => new(504, "timeout", "No answer in time", $"{route.App}/{route.Service} took the request and did not answer in time.", Logs(route)) { IsLate = true },
        Outcome.Refused => new(502, "refused", "The app can't be reached", $"No instance of {route.App}/{route.Service} accepts connections.",
            $"Does the service listen on the port of its route, and on all addresses rather than 127.0.0.1? {Logs(route)}", 5),
        Outcome.Untrusted => new(502, "tls", "The app can't be reached", $"No instance of {route.App}/{route.Service} proves by its certificate what it is.",
            "The gateway's log says what is wrong with it; x-release: {tls: …} says what it must be."),
        Outcome.NoWebSockets => new(501, "websocket", "No WebSockets", $"{route.App}/{route.Service} speaks HTTP/2 and takes no WebSockets over it.",
            "Instances that speak HTTP/1.1 (x-release: {protocol: http} or https) take them all."),
        _ => new(502, "broken", "The app gave no proper answer", $"{route.App}/{route.Service} closed the connection or answered with something that is no HTTP.", Logs(route)),
    };

    static string Logs(Route route) => $"'slipway logs {route.App}/{route.Service}' may say why.";

    public void Write(Exchange exchange)
    {
        if (exchange.IsGrpc)
        {
            GrpcAnswers.Write(exchange, this);
            return;
        }
        var html = exchange.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        var body = Encoding.UTF8.GetBytes(html ? Html() : Plain());
        var (response, headers) = (exchange.Response, exchange.Response.Headers);
        headers.Clear();
        response.StatusCode = Status;
        headers.ContentType = html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
        headers.ContentLength = body.Length;
        // A permanent redirect is for keeping; every other page here is of this moment.
        if (Status is not (301 or 308)) headers.CacheControl = "no-store";
        if (Kind is not null) headers["X-Slipway-Error"] = Kind;
        if (Header is { } header) headers[header.Name] = header.Value;
        // Of a body that is too large nothing more is read.
        if (Status is 400 or 413 && !exchange.IsHttp2) headers.Connection = "close";
        if (RetryAfter is { } seconds) headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (exchange.Request.Method == "HEAD") return;
        exchange.Sent += body.Length;
        exchange.Body.Writer.Put(body);
    }

    string Plain() => $"{Status} {Title}\n{Text}\n{(Hint is null ? "" : Hint + "\n")}";

    string Html() => $$"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{{Status}} {{Title}}</title>
        <style>
        :root{color-scheme:light dark}
        body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.55 system-ui,sans-serif;background:light-dark(#f4f6f8,#12171c);color:light-dark(#1c2733,#dbe3ea)}
        main{box-sizing:border-box;max-width:34rem;margin:1rem;padding:2.2rem 2.6rem;border-radius:14px;background:light-dark(#fff,#1a2129);box-shadow:0 8px 32px #0002}
        b{font-size:.85rem;letter-spacing:.08em;color:light-dark(#b4530a,#f0a05a)}
        h1{margin:.2rem 0 .8rem;font-size:1.6rem;line-height:1.25}
        p{margin:.5rem 0;overflow-wrap:anywhere}
        small{display:block;margin-top:1.4rem;color:light-dark(#5b6b7b,#8fa0b0)}
        </style></head>
        <body><main><b>{{Status}}</b><h1>{{Title}}</h1><p>{{WebUtility.HtmlEncode(Text)}}</p>{{(Hint is null ? "" : $"<small>{WebUtility.HtmlEncode(Hint)}</small>")}}</main></body></html>
        """;
}
