using System.Text.Json;
using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Previewing;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>An app's part of the route table, from what is wanted and which instances are ready.</summary>
static class RoutePlanner
{
    const string PreviewPrefix = "preview.";

    /// <summary>Of *.example.com it is *.preview.example.com, so that a wildcard of the name service reaches both.</summary>
    public static string PreviewHost(string host) =>
        host.StartsWith("*.", StringComparison.Ordinal) ? $"*.{PreviewPrefix}{host[2..]}" : PreviewPrefix + host;

    public static IReadOnlyList<Route> Plan(AppView view)
    {
        if (view.Stored.Removing || view.Stored.LiveSlot is not { } live) return [];
        var routes = live.Release.Model.Services.Where(s => s.Release.Hosts.Count > 0).Select(s => LiveRoute(view, live, s))
            .Concat(from s in live.Release.Model.Services from listen in s.Release.Listen select StreamRoutes.Of(LiveRoute(view, live, s, listen), s, listen))
            .Select(r => r with { Maintenance = view.Stored.Maintenance }).ToList();
        if (Previewed(view) is { } staged)
        {
            routes.AddRange(staged.Release.Model.Services.Where(s => s.Release.Hosts.Count > 0).Select(s => PreviewRoute(view, staged, s)));
            routes.AddRange(from s in staged.Release.Model.Services from listen in s.Release.Listen where listen.Preview is not null
                            select StreamRoutes.Of(PreviewRoute(view, staged, s, listen), s, listen, isPreview: true));
        }
        // What a redirect of the live release shares with a preview host of the next one is the preview's: a place twice is a table that no gateway takes.
        var taken = routes.Where(r => r.When is null).SelectMany(r => r.Hosts.Select(h => (h, r.Path))).ToHashSet();
        routes.AddRange(live.Release.Model.Services.Where(s => s.Release.IsRouted).SelectMany(s => Redirects(view.Stored.App, s))
            .Select(r => r with { Hosts = [.. r.Hosts.Where(h => taken.Add((h, r.Path)))] }).Where(r => r.Hosts.Count > 0));
        return routes;
    }

    public static bool AreSame(IReadOnlyList<Route> one, IReadOnlyList<Route> other) => Text(one) == Text(other);

    /// <summary>
    /// The release that waits, ready and unseen, for a person, or gets a part of the requests; from the moment that it is ready, so that it can be seen
    /// by when it is said to hold.
    /// </summary>
    static SlotState? Previewed(AppView view) =>
        view.Stored.Rollout is { } rollout
        && view.Stored.Slots.FirstOrDefault(s => s is { Standing: Standing.Staged, Leaving: Leaving.No }) is { } staged
        && rollout.State switch
        {
            RolloutState.Holding or RolloutState.Promoting => true,
            RolloutState.Shifting or RolloutState.Baking => rollout.Canary is not null,
            RolloutState.Verifying => !rollout.AutoPromote && ReleaseStrategy.Of(staged.Release.Model).StagesWhole && view.IsReady(staged),
            _ => false,
        } ? staged : null;

    /// <param name="listen">Null: of requests.</param>
    static Route LiveRoute(AppView view, SlotState live, ServiceModel service, StreamPort? listen = null)
    {
        if (CanaryRun.Of(view.Stored) is { Progress.Weight: > 0 } canary && CanarySteps.Sides(view, live.Slot, service.Name) is (var stable, { } rising))
            return SplitRoute(view, canary, service, stable, rising, listen);
        var sides = new List<PlannedWorkload>();
        if (view.Plan.InForce.TryGetValue((live.Slot, service.Name), out var current)) sides.Add(current);
        if (view.Stored.Rollout is { } rollout && (rollout.State == RolloutState.RollingBack || Shift.IsUnderWay(rollout))
            && ReleaseStrategy.Of(view.Stored.Target?.Model ?? live.Release.Model) == Strategy.Rolling
            && view.Plan.InForce.TryGetValue((live.Slot.Other, service.Name), out var next)
            && next.Service.Release.IsRouted && !sides.Contains(next) && (next.Workload.Static is null || current is null || !view.Of(current).Any())) sides.Add(next);
        var destinations = Destinations(view, live.Slot, sides, IsRoutable, listen);
        if (destinations.Count == 0) destinations = Destinations(view, live.Slot, sides, Doubtful(listen), listen);
        var route = Mirrored(view, live, service, Make(view, service, service.Release.Hosts, service.Release.GatewayPorts, destinations, current), listen);
        return Previewed(view) is { } staged && StreamRoutes.MatchOf(ReleaseStrategy.MatchOf(staged.Release.Model), listen) is { } match && CanarySteps.Sides(view, live.Slot, service.Name) is (_, { } unseen)
            ? MatchedRoute(view, live, staged, route, unseen, match, listen) : route;
    }

    /// <summary>At a step of copies: as it was for everybody, and the new release gets the copies, where it has an instance that is ready.</summary>
    static Route Mirrored(AppView view, SlotState live, ServiceModel service, Route route, StreamPort? listen) =>
        listen is null && CanaryRun.Of(view.Stored) is { Progress.Mirror: { } share } canary && CanarySteps.Sides(view, live.Slot, service.Name) is (_, { } next)
        && Destinations(view, live.Slot, [next], IsRoutable, listen) is [var copied] ? route with
        {
            Mirror = new RouteMirror
            {
                Release = canary.Next.Release.Number,
                Share = share,
                Methods = canary.Policy.MirrorAt(canary.Rollout.Step)?.Methods ?? RouteMirror.Safe,
                Users = canary.Policy.Sticky == StickyKind.None ? null
                    : new RouteSplit { Release = canary.Next.Release.Number, Sticky = canary.Policy.Sticky, Header = canary.Policy.StickyHeader, Key = SplitKey(view) },
                Upstreams = copied.Upstreams,
                Protocol = copied.Protocol,
            },
        } : route;

    /// <summary>As it was for everybody but the requests that a match names: these see the staged release, where it has an instance that is ready.</summary>
    static Route MatchedRoute(AppView view, SlotState live, SlotState staged, Route route, PlannedWorkload unseen, IReadOnlyList<RequestMatch> match, StreamPort? listen) =>
        Destinations(view, live.Slot, [unseen], IsRoutable, listen) is not [var next] ? route : route with
        {
            Destinations = [.. route.Destinations.Select(d => d with { Weight = CanaryPolicy.AllRequests }), next with { Weight = 0 }],
            Split = new RouteSplit { Release = staged.Release.Number, Sticky = StickyKind.None, Match = match, Goals = ReleaseStrategy.CanaryOf(staged.Release.Model)?.Ab?.Goals, Key = SplitKey(view) },
        };

    static string SplitKey(AppView view) => view.Stored.SplitKey ?? throw new InvalidDataException($"{view.Stored.App} shares its requests between releases, or keeps clients at their instances, and has no key for it.");

    /// <summary>Both releases, by the step's weight. One that has no instance to give a request to is left out, and the other answers in its place.</summary>
    static Route SplitRoute(AppView view, CanaryRun canary, ServiceModel service, PlannedWorkload? stable, PlannedWorkload rising, StreamPort? listen)
    {
        List<Destination> Weighed(Func<AppView, Instance, Upstream, bool> fits) =>
        [
            .. Destinations(view, canary.Live.Slot, stable is null ? [] : [stable], fits, listen).Select(d => d with { Weight = CanaryPolicy.AllRequests - canary.Progress.Weight }),
            .. Destinations(view, canary.Live.Slot, [rising], fits, listen).Select(d => d with { Weight = canary.Progress.Weight }),
        ];

        var destinations = Weighed(IsRoutable);
        if (destinations.Count == 0) destinations = Weighed(Doubtful(listen));
        return Make(view, service, service.Release.Hosts, service.Release.GatewayPorts, destinations, stable) with
        {
            Split = new RouteSplit
            {
                Release = canary.Next.Release.Number,
                Sticky = canary.Policy.Sticky,
                Header = canary.Policy.StickyHeader,
                Match = StreamRoutes.MatchOf(ReleaseStrategy.MatchOf(canary.Next.Release.Model), listen),
                Goals = canary.Policy.Ab?.Goals,
                Key = SplitKey(view),
            },
        };
    }

    static IEnumerable<Route> Redirects(AppName app, ServiceModel service) => service.Release.Redirects.Select(rule => new Route
    {
        App = app,
        Service = service.Name,
        Hosts = rule.FromHost is { } host ? [host] : service.Release.Hosts,
        Path = rule.FromPath,
        Redirect = rule.To,
        // Of its service, and with it the certificates of its hosts.
        Https = service.Release.Https,
    });

    static Route PreviewRoute(AppView view, SlotState staged, ServiceModel service, StreamPort? listen = null)
    {
        IReadOnlyList<PlannedWorkload> sides = view.Plan.InForce.TryGetValue((staged.Slot, service.Name), out var planned) ? [planned] : [];
        return Make(view, service, [.. service.Release.Hosts.Select(PreviewHost)], [], Destinations(view, staged.Slot, sides, IsRoutable, listen), planned) with
        {
            IsPreview = true,
            Policy = PreviewHosts.Unlisted(PolicyOf(view, service)),
        };
    }

    static Route Make(AppView view, ServiceModel service, IReadOnlyList<string> hosts, IReadOnlyList<GatewayPort> ports, List<Destination> destinations, PlannedWorkload? current) => new()
    {
        App = view.Stored.App,
        Service = service.Name,
        Hosts = hosts,
        Path = service.Release.Path,
        When = service.Release.When,
        Ports = ports,
        Policy = PolicyOf(view, service),
        Destinations = destinations,
        Https = service.Release.Https,
        Unavailable = destinations.Count > 0 ? null
            : service.Release.Static is not null ? $"the files of {service.Name} of {view.Stored.App} are being unpacked; try again in a moment"
            : current is { IsExclusive: true } && view.Stored.Rollout is { State: RolloutState.Promoting or RolloutState.Shifting or RolloutState.RollingBack }
                ? $"{view.Stored.App} is being replaced by v{current.Release}; try again in a moment"
                : $"no instance of {service.Name} of {view.Stored.App} is running; try again in a moment",
    };

    /// <summary>What a release can't know of its policy is the app's key.</summary>
    static RoutePolicy? PolicyOf(AppView view, ServiceModel service) => service.Release.Route is { Affinity: { } affinity } route
        ? route with { Affinity = affinity with { Key = SplitKey(view) } }
        : service.Release.Route;

    static List<Destination> Destinations(AppView view, Slot slot, IReadOnlyList<PlannedWorkload> sides, Func<AppView, Instance, Upstream, bool> fits, StreamPort? listen)
    {
        var destinations = new List<Destination>();
        foreach (var side in sides)
        {
            // What is carried over listens as the slot's own release says: its file may have another port, or its first, and the same container.
            var own = side.Slots.Contains(slot) && !side.IsExclusive ? view.Stored.In(slot)?.Release.Model.Find(side.Service.Name)?.Release : null;
            own ??= side.Service.Release;
            var port = listen is null ? own.Port : StreamRoutes.TargetOf(own, listen);
            var upstreams = view.Of(side)
                .Select(i => (Instance: i, Upstream: UpstreamOf(view, i, side, port, slot)))
                .Where(p => p.Upstream is not null && fits(view, p.Instance, p.Upstream))
                .Select(p => p.Upstream!).ToList();
            // A shared workload answers as the release that is live, not as the one that once brought it in.
            var release = side.Slots.Contains(slot) && !side.IsExclusive
                ? view.Stored.In(slot)!.Release.Number : side.Release;
            if (upstreams.Count > 0) destinations.Add(new Destination
            {
                Release = release,
                Weight = upstreams.Count,
                Upstreams = upstreams,
                Protocol = own.Protocol,
                WebSockets = own.Drain.WebSockets,
            });
        }
        return destinations;
    }

    /// <summary>Ready; or not yet judged since the server started and already getting requests, which it then keeps.</summary>
    static bool IsRoutable(AppView view, Instance instance, Upstream upstream) => view.VerdictOf(instance) switch
    {
        Verdict.Ready => true,
        Verdict.Unknown => HasRoute(view, upstream),
        _ => false,
    };

    /// <summary>
    /// Where none is ready. A request is answered at once, and better by a doubtful instance than by none; a connection can wait for one that is ready, and only
    /// what already gets some keeps them.
    /// </summary>
    static Func<AppView, Instance, Upstream, bool> Doubtful(StreamPort? listen) => (view, instance, upstream) =>
        instance.State == InstanceState.Running && (listen is null || HasRoute(view, upstream));

    static bool HasRoute(AppView view, Upstream upstream) => view.Stored.Routes.Any(r => r.Upstreams.Contains(upstream));

    static Upstream? UpstreamOf(AppView view, Instance instance, PlannedWorkload planned, int? port, Slot slot) =>
        instance.Site is { } site ? Upstream.OfSite(instance.Id, site, SiteBeside(view, planned)) :
        instance.State == InstanceState.Running && port is { } known && AddressOf(instance, slot) is { } address
            ? new Upstream(instance.Id, address, known) : null;

    /// <summary>
    /// The site of the same service in the other slot, where people have its pages: it was live and is warm, or gets a part of the requests. What waits unseen is
    /// shown to nobody, not even by a name that he would have to guess.
    /// </summary>
    static string? SiteBeside(AppView view, PlannedWorkload planned) =>
        view.Plan.InForce.TryGetValue((planned.Owner.Other, planned.Service.Name), out var beside) && beside != planned && beside.Workload.Static is not null
        && view.Stored.In(planned.Owner.Other) is { Leaving: Leaving.No } slot && (slot.Standing != Standing.Staged || CanaryRun.Of(view.Stored) is { Progress.Weight: > 0 })
            ? view.Of(beside).FirstOrDefault()?.Site : null;

    /// <summary>In the slot's own networks first: those of the other slot go away with it.</summary>
    public static string? AddressOf(Instance instance, Slot? slot) => instance.Addresses
        .OrderBy(a => slot is { } preferred && a.Key.StartsWith(WorkloadPlanner.NetworkName(instance.App, preferred, ""), StringComparison.Ordinal) ? 0 : 1)
        .ThenBy(a => a.Key, StringComparer.Ordinal)
        .Select(a => a.Value).FirstOrDefault();

    static string Text(IReadOnlyList<Route> routes) => JsonSerializer.Serialize(new RouteTable { Version = 0, Routes = routes }, ModelJson.Default.RouteTable);
}
