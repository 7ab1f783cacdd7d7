using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Upstreams;

namespace Slipway.Gateway.Forwarding;

/// <summary>Takes one request from its route to its answer, over as many instances as it takes.</summary>
sealed class Forwarder(Switchboard switchboard, TrafficBook traffic, GatewayOptions options, FrontDoor door, Refusals refusals, ClientAttempt client)
{
    /// <summary>
    /// Before those that refused are asked once more: while instances restart one after the other, a request may meet each of them in its own gap.
    /// </summary>
    static readonly TimeSpan SecondRound = TimeSpan.FromMilliseconds(100);

    readonly Attempt _attempt = new(options, client);

    /// <summary>No state machine of its own: a request has one less to make.</summary>
    public Task Forward(Exchange exchange)
    {
        var host = exchange.Request.Headers.Host.ToString();
        if (Refusal.Of(exchange) is { } refusal)
        {
            refusals.Count(refusal.Status);
            refusal.Write(exchange);
            return Task.CompletedTask;
        }
        if (door.Answers(exchange, host)) return Task.CompletedTask;
        var choice = switchboard.Enter(exchange, host, null);
        exchange.Route = choice.Route;
        if (choice.Route?.Source.Https is { } https && door.TurnsAway(exchange, https, host))
        {
            choice.Instance?.Leave();
            // The other answer is a redirect.
            if (exchange.Response.StatusCode is 403 or 421) traffic.CountTurnedAway(choice.Route.Source, exchange.Response.StatusCode == 403 ? "https-only" : "http-only");
            return Task.CompletedTask;
        }
        if (choice.Route is { IsPlain: false } route) return ServeBy(route, exchange, choice, host);
        if (choice.Instance is null)
        {
            if (choice.Route is null) traffic.CountUnrouted();
            if (choice.Route is null) ErrorPage.NoRoute(host).Write(exchange);
            else TurnAway(choice.Route, exchange, ErrorPage.NoInstance(choice.Route.Source));
            return Task.CompletedTask;
        }
        return Serve(exchange, choice, host);
    }

    /// <summary>A route that asks for more than forwarding.</summary>
    async Task ServeBy(CompiledRoute route, Exchange exchange, Choice choice, string host)
    {
        var (policy, isIn, isServed, pass) = (route.Policy, false, false, 0);
        var breaker = policy?.Source.Breaker is not null && choice.Counters is { } counted ? route.Of(counted.Release)?.Breaker : null;
        var isThrough = false;
        exchange.Policy = policy;
        try
        {
            var page = route.Answer(exchange);
            if (page is null && policy is { Guards: true }) page = await policy.Check(exchange);
            if (page is null && policy?.InFlight is { } limit && !(isIn = limit.TryEnter()))
                page = ErrorPage.Busy($"As many requests to {route.Source.App}/{route.Source.Service} are in flight as may be.");
            if (page is null && choice.Instance is null) page = route.IsFull ? ErrorPage.Busy($"As many requests to each instance of {route.Source.App}/{route.Source.Service} are in flight as may be.") : ErrorPage.NoInstance(route.Source);
            if (page is null && breaker is not null)
            {
                if (breaker.Enter(out pass) is { } seconds)
                {
                    page = ErrorPage.Broken(route.Source, seconds);
                    choice.Counters!.Count(0, Stopwatch.GetTimestamp() - exchange.Started, failed: true);
                }
                else isThrough = true;
            }
            isServed = page is null;
            if (page is null) await Serve(exchange, choice, host);
            else TurnAway(route, exchange, page);
        }
        finally
        {
            if (!isServed) choice.Instance?.Leave();
            if (isIn) policy!.InFlight!.Leave();
            if (isThrough) breaker!.Leave(pass, HasFailed(exchange));
        }
    }

    /// <summary>Redirects are answers like others, and breakers count for themselves.</summary>
    void TurnAway(CompiledRoute route, Exchange exchange, ErrorPage page)
    {
        if (page.Status >= 400 && page.Kind != ErrorPage.BreakerKind) traffic.CountTurnedAway(route.Source, page.Kind ?? "bad-request");
        page.Write(exchange);
    }

    /// <summary>For the breaker. Null: the client did.</summary>
    static bool? HasFailed(Exchange exchange) =>
        exchange.Outcome is Outcome.ClientGone or Outcome.ClientFault ? null : exchange.Outcome != Outcome.Done || exchange.Answer.Status >= 500;

    async Task Serve(Exchange exchange, Choice choice, string host)
    {
        choice.Route!.Mirror?.Look(exchange, switchboard, options, choice.Counters!.Release);
        var retry = exchange.Retry = choice.Route!.Policy?.Retries?.Begin(exchange, switchboard, host);
        var tried = retry?.Tried;
        var isSecondRound = false;
        var fresh = false;
        while (true)
        {
            var (route, instance, counters) = choice;
            (exchange.Route, exchange.Policy, exchange.Instance, exchange.Release) = (route, route!.Policy, instance, counters!.Release);
            var outcome = Outcome.Broken;
            var reused = false;
            try
            {
                (outcome, reused) = await _attempt.Run(exchange, instance!, fresh);
                if (outcome is Outcome.Unsent or Outcome.Unanswered && reused && !fresh && IsRepeatable(exchange, outcome))
                {
                    // Its other kept connections are likely dead too. Still counted in: the same instance, the same attempt.
                    (outcome, reused) = await _attempt.Run(exchange, instance!, fresh: true);
                }
            }
            finally
            {
                if (outcome != Outcome.GivenUp) retry?.Take().Instance?.Leave();
                // A tunnel has counted itself out when it became one.
                if (!exchange.IsTunnel) instance!.Leave();
            }
            if (route.Policy is { Outliers: not null }) Note(route, exchange, instance!, outcome);
            if (outcome == Outcome.GivenUp || retry is not null && retry.GivesUp(exchange, outcome))
            {
                exchange.Response.Headers.Clear();
                choice = retry!.Take();
                continue;
            }
            // With a rule it was the rule's to say whether what was sent is sent once more.
            if (outcome is Outcome.Refused or Outcome.ConnectTimedOut or Outcome.Untrusted || (retry is null || outcome == Outcome.Unsent) && IsRepeatable(exchange, outcome))
            {
                (tried ??= []).Add(instance!);
                exchange.Response.Headers.Clear();
                choice = switchboard.Enter(exchange, host, tried);
                if (choice.Instance is not null) continue;
                if (outcome is Outcome.Refused && !isSecondRound && await Pause(exchange))
                {
                    isSecondRound = true;
                    tried.Clear();
                    choice = switchboard.Enter(exchange, host, null);
                    if (choice.Instance is not null) continue;
                }
            }
            End(exchange, outcome, route!, counters!);
            return;
        }
    }

    static void Note(CompiledRoute route, Exchange exchange, InstanceState instance, Outcome outcome)
    {
        if (outcome is Outcome.ClientGone or Outcome.ClientFault) return;
        route.Note(instance, exchange.Release, outcome is not (Outcome.Done or Outcome.GivenUp) || exchange.Answer.Status is 502 or 503 or 504);
    }

    /// <summary>False when the client has gone meanwhile.</summary>
    static async Task<bool> Pause(Exchange exchange)
    {
        await Task.Delay(SecondRound, exchange.Lifetime.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !exchange.ClientIsGone;
    }

    /// <summary>Sent again only what no instance can have acted on, or what may be acted on twice (RFC 9110, section 9.2.2).</summary>
    static bool IsRepeatable(Exchange exchange, Outcome outcome)
    {
        if (exchange.BodyConsumed || exchange.ClientIsGone) return false;
        if (outcome == Outcome.Unsent) return true;
        if (outcome != Outcome.Unanswered) return false;
        var method = exchange.Request.Method;
        // With a body of which nothing was sent the instance never had a whole request.
        return exchange.HasBody || HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)
            || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsTrace(method);
    }

    void End(Exchange exchange, Outcome outcome, CompiledRoute route, ReleaseCounters counters)
    {
        exchange.Outcome = outcome;
        var gone = outcome is Outcome.ClientGone or Outcome.ClientFault;
        var failed = outcome != Outcome.Done && !gone;
        var (status, ticks) = (outcome is Outcome.Done or Outcome.BrokenOff ? exchange.Answer.Status : 0, Stopwatch.GetTimestamp() - exchange.Started);
        counters.Count(status, ticks, failed);
        exchange.Copied?.CountOriginal(status, ticks, failed);
        route.Goals?.Count(exchange, counters, isAnswered: outcome == Outcome.Done);
        if (outcome == Outcome.Done) return;
        if (outcome == Outcome.ClientFault && !exchange.Response.HasStarted)
        {
            if (exchange.Fault!.StatusCode != StatusCodes.Status413PayloadTooLarge || route.Source.Policy?.MaxBody is not { } most) throw exchange.Fault;
            TurnAway(route, exchange, ErrorPage.TooLarge(most));
            return;
        }
        if (outcome == Outcome.BrokenOff && GrpcAnswers.TryEnd(exchange)) return;
        // Half an answer must never look like a whole one.
        if (gone || outcome == Outcome.BrokenOff || exchange.Response.HasStarted) exchange.Lifetime.Abort();
        else ErrorPage.Of(outcome, route.Source).Write(exchange);
    }
}
