using System.Diagnostics;
using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Tunnels;

namespace Slipway.Gateway.Upstreams;

/// <summary>One attempt to have a request answered by an instance that speaks HTTP/2 or TLS.</summary>
sealed partial class ClientAttempt(GatewayOptions options, ILogger<ClientAttempt> log)
{
    public async ValueTask<Outcome> Run(Exchange exchange, InstanceState instance)
    {
        var client = instance.Client();
        using var call = new ClientCall();
        exchange.Answer.Reset();
        if (!exchange.Attach(call)) return Outcome.ClientGone;
        var limit = AnswerLimit(exchange);
        var body = exchange.HasBody ? new ClientRequestBody(exchange, () => call.ArmForHead(limit)) : null;
        var outcome = Outcome.Unanswered;
        try
        {
            if (body is null) call.ArmForHead(limit);
            outcome = await Ask(exchange, instance, client, body, call);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            outcome = exchange.Response.HasStarted ? Outcome.BrokenOff : OutcomeOf(failed, exchange, instance, client);
        }
        catch (FormatException)
        {
            // Such names are let in by ports of routes and by wildcards.
            exchange.Fault = new BadHttpRequestException("The Host header is no name.", StatusCodes.Status400BadRequest);
            outcome = Outcome.ClientFault;
        }
        if (call.TimedOut && outcome != Outcome.Done) outcome = exchange.Response.HasStarted ? Outcome.BrokenOff : Outcome.AnswerTimedOut;
        if (body is not null)
        {
            if (outcome != Outcome.Done) call.Abort();
            await body.Stop();
            if (outcome != Outcome.Done && body.Failed is { } failed) outcome = failed;
        }
        return !exchange.Detach() && outcome != Outcome.Done ? Outcome.ClientGone : outcome;
    }

    async ValueTask<Outcome> Ask(Exchange exchange, InstanceState instance, UpstreamClient client, ClientRequestBody? body, ClientCall call)
    {
        using var request = ClientRequest.Create(exchange, client, body);
        using var answer = await client.Send(request, exchange.Policy?.Timeouts?.Connect ?? options.ConnectTimeout, call.Token);
        call.HeadArrived();
        if (exchange.IsTimed) exchange.Answered = Stopwatch.GetTimestamp();
        if (!ClientAnswer.ReadHead(exchange, answer)) return Outcome.Broken;
        if (request.Headers.Protocol is not null && answer.IsSuccessStatusCode)
        {
            exchange.Answer.Status = 101;
            exchange.Answer.Upgrade = "websocket";
            if (!exchange.IsStreamedWebSocket) exchange.Response.Headers["Sec-WebSocket-Accept"] = WebSocketHandshake.Accept(exchange.Request.Headers.SecWebSocketKey.ToString());
        }
        if (exchange.Retry is { } retry && retry.GivesUp(exchange, exchange.Answer.Status)) return Outcome.GivenUp;
        if (exchange.Answer.Status != 101) return await ClientAnswer.Relay(exchange, answer, call);
        if (exchange is not { WantsUpgrade: true, Answer.Upgrade: not null }) return Outcome.Broken;
        exchange.Response.StatusCode = 101;
        exchange.Response.Headers.ContentLength = null;
        AnswerHead.Edit(exchange, isTunnel: true);
        var stream = await answer.Content.ReadAsStreamAsync(call.Token);
        // Neither kind of stream can be ended on one side alone.
        return await Tunnel.Run(exchange, new InstanceEnd(stream, stream.Dispose), default, instance);
    }

    /// <summary>
    /// A gRPC call has a deadline of its client's own, which the instance knows (grpc-timeout), and a stream may say nothing for as long as there is nothing to
    /// say: only a limit that was asked for holds for it.
    /// </summary>
    TimeSpan AnswerLimit(Exchange exchange)
    {
        var limit = exchange.Policy?.Timeouts?.Answer ?? (exchange.IsGrpc ? Timeout.InfiniteTimeSpan : options.AnswerTimeout);
        return exchange.Retry?.Limit(limit) ?? limit;
    }

    Outcome OutcomeOf(Exception failed, Exchange exchange, InstanceState instance, UpstreamClient client)
    {
        if (UpstreamConnectException.Behind(failed) is { } connect)
        {
            if (connect.Outcome == Outcome.Untrusted && client.MayWarn())
                LogUntrusted(exchange.Route!.Source.App.Value, exchange.Route.Source.Service, exchange.Release, instance.Id, instance.Address, connect.Message);
            return connect.Outcome;
        }
        return (failed as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.ExtendedConnectNotSupported => Outcome.NoWebSockets,
            HttpRequestError.ConnectionError => Outcome.Refused,
            HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded => Outcome.Broken,
            _ => Outcome.Unanswered,
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No TLS with {App}/{Service} v{Release}, instance {Instance} at {Address}: {Reason}. Its requests are answered 502")]
    partial void LogUntrusted(string app, string service, int release, string instance, System.Net.IPEndPoint address, string reason);
}
