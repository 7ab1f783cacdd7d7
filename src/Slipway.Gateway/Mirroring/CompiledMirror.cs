using System.Collections.Frozen;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Splitting;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Mirroring;

/// <summary>The mirror of one route, as requests read it: decides which are copied, and by which instance a copy is answered.</summary>
/// <param name="users">Null: each request is drawn for itself.</param>
/// <param name="destination">The instances; their weight says nothing.</param>
/// <param name="counters">Of the copies, and of what they are copies of.</param>
/// <param name="timeouts">The route's.</param>
sealed class CompiledMirror(RouteMirror source, AppName app, CompiledSplit? users, CompiledDestination destination, MirrorCounters counters, UpstreamTimeouts? timeouts)
{
    /// <summary>Says that a request is a copy. From clients it is taken off, so that an app may believe it.</summary>
    public const string Header = "X-Slipway-Mirrored";

    /// <summary>
    /// Copies of one service that may be under way. More are dropped and not queued: a release that answers slowly must cost the gateway a bounded number of
    /// connections and bodies, and it is judged by the copies that it did get.
    /// </summary>
    public const int Most = 100;

    readonly FrozenSet<string> _methods = source.Methods.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Begins with the name of the cookie by which the gateway tells the app's users apart: copies don't carry it.</summary>
    public string Cookie { get; } = $"slipway-{app}=";

    public MirrorCounters Counters => counters;

    public UpstreamTimeouts? Timeouts => timeouts;

    /// <summary>The table that it is a part of.</summary>
    public CompiledTable? Table { get; set; }

    /// <summary>
    /// Copies the request where it is to be copied. Never waits, and never throws for anything about the mirror: the caller serves the request as if
    /// nothing had happened.
    /// </summary>
    /// <param name="exchange">The request.</param>
    /// <param name="switchboard">Whose table must still be this one's when a copy begins.</param>
    /// <param name="options">What holds where the route says nothing.</param>
    /// <param name="release">Who answers the request: where that is the mirror's own release already, there is nothing to copy.</param>
    public void Look(Exchange exchange, Switchboard switchboard, GatewayOptions options, int release)
    {
        if (release == source.Release) return;
        // A copy is never copied again, whichever gateways it comes through.
        if (exchange.WantsUpgrade || !_methods.Contains(exchange.Request.Method) || exchange.Request.Headers.ContainsKey(Header) || !Takes(exchange)) return;
        if (exchange.Request.Headers.ContentLength > RequestCopy.MaxBody || !counters.TryBegin(Most))
        {
            counters.CountDropped();
            return;
        }
        var copy = new RequestCopy(this, switchboard, options, exchange);
        // With a body: when all of it has come by.
        if (exchange.HasBody) exchange.Copy = copy;
        else copy.Send(exchange);
    }

    /// <summary>
    /// An instance, and the copy counted in on it as <see cref="Switchboard.Enter"/> does for requests; null where none is left, or the table is served by no more:
    /// nothing may begin by an old one.
    /// </summary>
    public InstanceState? Enter(Switchboard switchboard, IReadOnlyList<InstanceState>? tried)
    {
        if (destination.ChooseForCopy(tried) is not { } instance) return null;
        instance.Enter();
        if (switchboard.Table == Table) return instance;
        instance.Leave();
        return null;
    }

    bool Takes(Exchange exchange) => users?.TakesCopy(exchange) ?? (source.Share >= CanaryPolicy.AllRequests || Random.Shared.Next(CanaryPolicy.AllRequests) < source.Share);
}
