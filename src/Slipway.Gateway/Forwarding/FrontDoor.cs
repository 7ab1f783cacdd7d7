using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Slipway.Gateway.Certificates;
using Slipway.Gateway.Listening;
using Slipway.Gateway.Routing;
using Slipway.Model;

namespace Slipway.Gateway.Forwarding;

/// <summary>What the gateway answers itself before an instance is asked: challenges of certificate authorities, and http where https is wanted.</summary>
sealed class FrontDoor(CertificateBook certificates, Listeners listeners)
{
    const string ChallengePath = "/.well-known/acme-challenge/";

    /// <summary>A certificate authority that looks whether the host is ours (RFC 8555, section 8.3). Only while one is expected.</summary>
    public bool Answers(Exchange exchange, string host)
    {
        var current = certificates.Current;
        return current.HasChallenges && Answers(exchange, host, current.Challenges);
    }

    static bool Answers(Exchange exchange, string host, FrozenDictionary<(string Host, string Token), string> challenges)
    {
        if (!exchange.Request.Path.StartsWith(ChallengePath, StringComparison.Ordinal)) return false;
        if (!challenges.TryGetValue((CompiledTable.HostName(host).ToString().ToLowerInvariant(), exchange.Request.Path[ChallengePath.Length..]), out var answer)) return false;
        var body = Encoding.ASCII.GetBytes(answer);
        (exchange.Response.StatusCode, exchange.Response.Headers.ContentType, exchange.Response.Headers.ContentLength) = (200, "application/octet-stream", body.Length);
        if (exchange.Request.Method != "HEAD") exchange.Body.Writer.Put(body);
        return true;
    }

    /// <summary>
    /// True: the request was answered, because its route is to be had over the other scheme. Without an address for TLS nothing is redirected: it would
    /// lead nowhere, or TLS is ended by somebody in front of this gateway.
    /// </summary>
    public bool TurnsAway(Exchange exchange, HttpsPolicy policy, string host)
    {
        if (exchange.Listener is not null) return exchange is { PortTls: { } tls, IsHttps: false } && exchange.Scheme != "https" && TurnsToTls(exchange, policy, host, tls);
        // Where a trusted proxy ends TLS, its word counts: a redirect would come back here for ever.
        if (exchange.IsHttps || exchange.Scheme == "https")
        {
            if (policy.Hsts is { } seconds && policy.Mode != HttpsMode.Off) exchange.Hsts = string.Create(CultureInfo.InvariantCulture, $"max-age={seconds}");
            if (policy.Mode != HttpsMode.Off) return false;
            ErrorPage.HttpOnly(host).Write(exchange);
            return true;
        }
        switch (policy.Mode)
        {
            case HttpsMode.Redirect when listeners.HttpsPort is { } port:
                Redirect(exchange, host, port);
                return true;
            case HttpsMode.Only:
                ErrorPage.HttpsOnly(host).Write(exchange);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A port of the route's own speaks http or https; who takes the one for the other is shown the way.</summary>
    static bool TurnsToTls(Exchange exchange, HttpsPolicy policy, string host, PortTls tls)
    {
        var name = CompiledTable.HostName(host).ToString();
        if (policy.Mode != HttpsMode.Only && (tls.Covers(name) ? name : tls.Default) is { } right) Redirect(exchange, right, exchange.LocalPort);
        else ErrorPage.HttpsOnly(host).Write(exchange);
        return true;
    }

    static void Redirect(Exchange exchange, string host, int port)
    {
        // 308: the method and the body stay (RFC 9110, section 15.4.9).
        // As it was sent: decoded, a path may hold line ends.
        var target = RequestHead.OriginForm(exchange.Request.RawTarget);
        exchange.Response.StatusCode = 308;
        exchange.Response.Headers.Location = string.Create(CultureInfo.InvariantCulture, $"https://{CompiledTable.HostName(host)}{(port == 443 ? "" : $":{port}")}{target}");
        exchange.Response.Headers.ContentLength = 0;
    }
}
