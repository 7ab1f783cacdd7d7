using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Gateway.Balancing;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Retrying;
using Slipway.Gateway.Routing;
using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>A route's policy as requests read it. What it does not ask for is null, and routes that ask for nothing have none.</summary>
sealed class CompiledPolicy
{
    readonly Networks? _allow, _deny;
    readonly CompiledRate? _rate;
    readonly CredentialCheck? _credentials;
    readonly long? _maxBody;
    readonly InFlightLimit? _inFlight;

    public CompiledPolicy(RoutePolicy source, Route route, PolicyStates states)
    {
        StateKey Key(object setting) => new(route.App, route.Service, route.IsPreview, setting);

        if (source.Addresses is { } addresses)
        {
            if (addresses.Allow.Count > 0) _allow = Networks.Parse(addresses.Allow);
            if (addresses.Deny.Count > 0) _deny = Networks.Parse(addresses.Deny);
        }
        if (source.Rate is { } rate) _rate = new CompiledRate(states.Obtain(Key(rate), () => new RateLimiter(rate.Requests, rate.Per, rate.Burst)), rate.Header);
        if (source.BasicAuth is { } auth) _credentials = states.Obtain(Key(Text(auth)), () => new CredentialCheck(auth));
        if (source.MaxRequests is { } most) _inFlight = states.Obtain(Key(most), () => new InFlightLimit(most));
        _maxBody = source.MaxBody;
        RequestHeaders = source.RequestHeaders is { } request ? new RequestHeaderEdits(request) : null;
        ResponseHeaders = source.ResponseHeaders is { } response ? new ResponseHeaderEdits(response) : null;
        Rewrite = source.Rewrite is { } rewrite ? new TargetRewrite(rewrite) : null;
        Timeouts = source.Timeouts;
        Compress = source.Compress;
        Outliers = source.Outliers;
        Source = source;
        HashKey = source.Balance is { Kind: BalanceKind.Hash } balance ? new HashKey(balance) : null;
        Affinity = source.Affinity is { } affinity ? new CompiledAffinity(affinity, route.App, route.Service) : null;
        if (source.Retries is { } retries) Retries = new RetryRule(retries, states.Obtain(Key(("retries", retries.Budget)), () => new RetryBudget(retries.Budget)));
        Guards = _allow is not null || _deny is not null || _rate is not null || _credentials is not null || _maxBody is not null || Rewrite is not null;
    }

    /// <summary>Whether <see cref="Check"/> has anything to look at.</summary>
    public bool Guards { get; }

    public InFlightLimit? InFlight => _inFlight;

    public RequestHeaderEdits? RequestHeaders { get; }

    public ResponseHeaderEdits? ResponseHeaders { get; }

    public TargetRewrite? Rewrite { get; }

    public UpstreamTimeouts? Timeouts { get; }

    public bool Compress { get; }

    public OutlierPolicy? Outliers { get; }

    public RoutePolicy Source { get; }

    /// <summary>Null: requests are not hashed.</summary>
    public HashKey? HashKey { get; }

    public CompiledAffinity? Affinity { get; }

    public RetryRule? Retries { get; }

    /// <summary>Null: the request may pass. Cheap looks first; the rate before the password, for it is what slows guessing.</summary>
    public ValueTask<ErrorPage?> Check(Exchange exchange)
    {
        if (_deny is not null && _deny.Contain(exchange.Client) || _allow is not null && !_allow.Contain(exchange.Client)) return new(ErrorPage.Forbidden);
        if (_rate is not null && _rate.Take(exchange) is > 0 and var wait) return new(ErrorPage.TooMany(wait));
        if (Rewrite is not null && Rewrite.Apply(RequestHead.OriginForm(exchange.Request.RawTarget)) is null)
            return new(ErrorPage.BadRequest("The path of the request is written in an unusual way (dot segments, or letters as %61)."));
        if (_maxBody is { } most && exchange.HasBody)
        {
            if (exchange.Request.Headers.ContentLength > most) return new(ErrorPage.TooLarge(most));
            // A body of unknown length is counted by Kestrel as it comes.
            if (exchange.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = most;
        }
        return _credentials is null ? new((ErrorPage?)null) : _credentials.Check(exchange);
    }

    static string Text(BasicAuth auth) =>
        string.Join('\n', auth.Users.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => string.Create(CultureInfo.InvariantCulture, $"{u.Key}:{u.Value}")).Prepend(auth.Realm));
}
