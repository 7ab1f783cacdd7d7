using Slipway.Model;
using Slipway.Releases.Tests.Jobs;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>The app of the stories: web (probed by HTTP) and api with routes, redis with a volume, a worker.</summary>
static class Shop
{
    static CanaryStep Copies => new() { Mirror = new CanaryMirror { Share = 2000 }, Lasts = TimeSpan.FromMinutes(2) };

    static readonly CanaryPolicy Stepped = Sample.Canary with { Steps = [Copies, Sample.Step(1000, 2), Sample.Approval, Sample.Step(5000, 2), Sample.Step(10000, 2)] };

    static readonly CanaryPolicy Approved = Sample.Canary with
    {
        Steps = [Sample.Step(1000, 2), new CanaryStep { Approve = new ApprovalRule { By = "managers", Count = 2 } }, Sample.Step(10000, 2)],
    };

    static readonly IReadOnlyList<RequestMatch> Matched = [new RequestMatch { Headers = [new ValueCondition { Name = "X-Preview", Value = "1" }] }];

    /// <summary>Who may give the approvals of <see cref="WithApprovals"/>, two of them together.</summary>
    public static Asker Manager(string name) => new() { Name = name, Roles = new HashSet<string> { "managers" } };

    public static AppModel Model(Strategy strategy, int replicas = 1) => strategy == Strategy.Ab
        ? Experiment(AbEnd.Promote, 5000, replicas) : Of(strategy, replicas, strategy == Strategy.Canary ? Stepped : null);

    public static AppModel WithApprovals() => Of(Strategy.Canary, 2, Approved);

    /// <summary>Matched requests see the new release while it waits.</summary>
    public static AppModel SeenByMatch() => WithRoutes(Of(Strategy.BlueGreen, 2, null), r => r with { Match = Matched });

    /// <param name="share">Of 10,000; 0: matched requests alone.</param>
    public static AppModel Experiment(AbEnd then, int share, int replicas = 1) => WithRoutes(
        Of(Strategy.Canary, replicas, new CanaryPolicy
        {
            Steps = [Sample.Step(share, 7)],
            Ab = new AbPolicy { For = TimeSpan.FromMinutes(7), Then = then, MinRequests = 10 },
            Judge = new JudgePolicy { Checks = [new JudgeCheck { Measure = JudgeMeasure.Errors, Limit = 0.05 }] },
        }),
        r => r with { Strategy = Strategy.Ab, Match = share == 0 ? Matched : null });

    /// <param name="model">Of any strategy.</param>
    /// <param name="how">good, bad: it fails, long: it runs until it is stopped.</param>
    /// <param name="isOneWay">It can't be undone.</param>
    public static AppModel WithJob(AppModel model, string how, bool isOneWay) => model.With("web", new JobModel { Run = [how], OneWay = isOneWay, Timeout = TimeSpan.FromMinutes(2) });

    /// <summary>The routes alone differ.</summary>
    public static AppModel Limited(AppModel model, long body) => WithRoutes(model, r => r with { Route = new RoutePolicy { MaxBody = body } });

    static AppModel Of(Strategy strategy, int replicas, CanaryPolicy? canary)
    {
        var model = Sample.Model(strategy, replicas, worker: true, canary: canary);
        var web = model.Services[0] with { Release = model.Services[0].Release with { Ready = new ReadyGate { Http = "/up", Every = TimeSpan.FromSeconds(10) } } };
        var api = web with { Name = "api", Replicas = 1, DependsOn = [], Release = web.Release with { Hosts = ["api.shop.localhost"], Ready = new ReadyGate() } };
        return model with { Services = [web, api, .. model.Services.Skip(1)] };
    }

    static AppModel WithRoutes(AppModel model, Func<ReleasePolicy, ReleasePolicy> change) =>
        model with { Services = [.. model.Services.Select(s => s.Release.IsRouted ? s with { Release = change(s.Release) } : s)] };
}
