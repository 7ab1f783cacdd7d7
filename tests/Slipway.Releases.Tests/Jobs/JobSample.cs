using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Jobs;

/// <summary>The sample's web service with jobs, and how they are looked at.</summary>
static class JobSample
{
    public static JobModel Migrate { get; } = new() { Run = ["python", "manage.py", "migrate"] };

    public static AppModel With(this AppModel model, string service, params JobModel[] jobs) => model with
    {
        Services = [.. model.Services.Select(s => s.Name == service ? s with { Release = s.Release with { Before = jobs } } : s)],
    };

    public static AppModel Model(Strategy strategy = Strategy.BlueGreen, bool worker = false, int replicas = 1) =>
        Sample.Model(strategy, replicas, worker).With("web", Migrate);

    /// <summary>Jobs end at once with this code.</summary>
    public static void JobsEndWith(this World world, int code) => world.Engine.EndsWith = w => w.Job is null ? null : code;

    public static IReadOnlyList<Instance> Jobs(this World world) => [.. world.Engine.All.Where(i => i.Job is not null)];

    public static Task<Instance> JobRuns(this World world) => world.JobRuns("the job runs");

    public static async Task<Instance> JobRuns(this World world, string what)
    {
        await world.Until(() => world.Jobs().Any(j => j.State == InstanceState.Running), what);
        return world.Jobs().Single(j => j.State == InstanceState.Running);
    }

    public static IReadOnlyList<JobRun> RunsOf(this World world, int release) => world.Canaries.Report(Sample.App, release)!.Jobs;

    public static async Task<List<RolloutEvent>> Journal(this World world, Rollout rollout)
    {
        var events = new List<RolloutEvent>();
        await foreach (var (_, happened) in world.Journal.Read(rollout.Id, 0, follow: false, TestContext.Current.CancellationToken)) events.Add(happened);
        return events;
    }

    public static async Task<List<string>> Output(this World world, Rollout rollout) => [.. (await world.Journal(rollout)).OfType<RolloutEvent.JobOutput>().Select(l => l.Text)];

    /// <summary>v1 with its job, live.</summary>
    public static async Task FirstRelease(this World world, AppModel? model = null)
    {
        world.JobsEndWith(0);
        var (first, _) = await world.Deploy(model ?? Model(), 1);
        await world.Reaches(first, RolloutState.Done);
    }
}
