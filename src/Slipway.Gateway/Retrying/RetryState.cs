using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Retrying;

/// <summary>
/// One request that may be sent once more. Another instance is counted in on before an answer is given up for it: an answer, even 503, is better than none.
/// While releases share the route by a split another release is no such instance, for the judge must see what this one answers. Used for one request after
/// the other, as the exchange is.
/// </summary>
sealed class RetryState(Switchboard switchboard)
{
    RetryRule _rule = null!;
    string _host = "";
    int _left;
    bool _isCut;
    Choice _next;

    /// <summary>Instances that had the request.</summary>
    public List<InstanceState> Tried { get; } = [];

    public void Begin(RetryRule rule, string host)
    {
        (_rule, _host, _left, _isCut, _next) = (rule, host, rule.Source.Attempts, false, default);
        Tried.Clear();
    }

    /// <summary>How long the next instance may take to its answer's head. Cut short only where yet another one could be asked then.</summary>
    public TimeSpan Limit(TimeSpan answer)
    {
        _isCut = _rule.Source is { Unanswered: true, PerTry: { } time } && time < answer && _left > 0 && _rule.Budget.HasRoom;
        return _isCut ? _rule.Source.PerTry!.Value : answer;
    }

    /// <summary>An answer's head is there. True: it is not for the client, and <see cref="Take"/> says who is asked now.</summary>
    public bool GivesUp(Exchange exchange, int status) => _rule.Holds(status) && TryNext(exchange);

    /// <summary>No answer came. True: as above.</summary>
    public bool GivesUp(Exchange exchange, Outcome outcome) =>
        _rule.Source.Unanswered && (outcome is Outcome.Unanswered or Outcome.Broken || (outcome == Outcome.AnswerTimedOut && _isCut)) && TryNext(exchange);

    /// <summary>The instance that was counted in on; the request is the caller's to count out again.</summary>
    public Choice Take()
    {
        var next = _next;
        _next = default;
        return next;
    }

    bool TryNext(Exchange exchange)
    {
        if (_left == 0 || exchange.ClientIsGone || exchange.Response.HasStarted) return false;
        var (route, from, cookie) = (exchange.Route!, exchange.Release, exchange.AffinityCookie);
        Tried.Add(exchange.Instance!);
        var next = switchboard.Enter(exchange, _host, Tried);
        if (next.Instance is null) return false;
        var isOther = route.Source.Split is not null && next.Counters!.Release != from;
        if (isOther || !_rule.Budget.TryTake())
        {
            next.Instance.Leave();
            exchange.AffinityCookie = cookie;
            if (!isOther) route.CountersOf(from)?.CountRetryDenied();
            return false;
        }
        route.CountersOf(from)?.CountRetry();
        _left--;
        _next = next;
        return true;
    }
}
