using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Jobs;

public sealed class JobTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Staging_JobRuns_OnlyWhatItNeedsIsThere()
    {
        await using var world = new World();
        var (first, _) = await world.Deploy(JobSample.Model(worker: true), 1);
        var job = await world.JobRuns();
        job.Name.ShouldBe("shop.web.v1.before-1");
        job.Addresses.Keys.ShouldBe(["slipway.shop.blue.default"]);
        await world.For(TimeSpan.FromMinutes(1));
        world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.before-1"], "neither web nor the worker starts before the migration is done");

        world.Engine.Die(job.Id, 0);
        await world.Reaches(first, RolloutState.Done);
        world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.worker.v1.1"]);
        world.Jobs().ShouldBeEmpty("its container is removed");
        world.Engine.JobsStarted.ShouldBe(["shop.web.v1.before-1"]);
        var run = world.RunsOf(1).Single();
        (run.State, run.ExitCode, run.IsDone, run.IsBarrier).ShouldBe((JobState.Ended, 0, true, true));
        (run.Ended - run.Started)!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Staging_NextRelease_OldOneServesWhileTheJobRuns()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.Engine.EndsWith = _ => null;
        var (second, _) = await world.Deploy(JobSample.Model(), 2, autoPromote: true);
        var job = await world.JobRuns();
        world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v2.before-1"]);
        world.Serving().ShouldBe([1]);
        job.Addresses.Keys.ShouldBe(["slipway.shop.green.default"], "in the new slot, where redis is too");
        world.Engine.All.Single(i => i.Name == "shop.redis.v1.1").Addresses.Keys.ShouldContain("slipway.shop.green.default");

        world.Engine.Die(job.Id, 0);
        await world.Reaches(second, RolloutState.Done);
        world.Serving().ShouldBe([2]);
    }

    [Fact]
    public async Task Job_Container_IsTheServicesWithAnotherCommand()
    {
        await using var world = new World();
        Workload? made = null;
        world.Engine.Refuses = w => { if (w.Job is not null) made = w; return null; };
        var model = Sample.Model(Strategy.BlueGreen).With("web", new JobModel { Run = ["migrate"], Entrypoint = ["/bin/tool"] });
        model = model with
        {
            Services = [.. model.Services.Select(s => s.Name != "web" ? s : s with
            {
                Ports = [new PortModel { Target = 9000, Published = 9000, Protocol = "udp" }],
                Container = s.Container with { Command = ["serve"], User = "app", Environment = new Dictionary<string, string> { ["DB"] = "x" }, Restart = new RestartModel { Kind = RestartKind.Always }, Mounts = [new MountModel { Kind = MountKind.Volume, Source = "shop_data", Target = "/d" }] },
                Networks = [new NetworkAttachment { Network = "default", Aliases = ["shop-web"] }],
            })],
        };
        await world.Deploy(model, 1);
        await world.JobRuns();
        var spec = made.ShouldNotBeNull().Container;
        spec.Command.ShouldBe(["migrate"]);
        spec.Entrypoint.ShouldBe(["/bin/tool"]);
        (spec.User, spec.Restart.Kind).ShouldBe(("app", RestartKind.No));
        (spec.Environment["DB"], spec.Environment["SLIPWAY_JOB"], spec.Environment["SLIPWAY_RELEASE"]).ShouldBe(("x", "before-1", "v1"));
        spec.HealthCheck!.IsDisabled.ShouldBeTrue();
        made.Image.ShouldBe("127.0.0.1:8080/" + Sample.Image(Sample.App, "web", 1));
        made.Ports.ShouldBeEmpty();
        made.Networks.Single().Aliases.ShouldBeEmpty("nobody may find it by the service's name");
        made.Volumes.Single().Name.ShouldBe("shop_data");
    }

    [Fact]
    public async Task Job_Fails_OldReleaseStaysAndTheReasonIsKept()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.JobsEndWith(3);
        world.Engine.Says = i => i.Job is null ? [] : ["Applying shop.0002...", "column \"price\" exists"];
        var (second, _) = await world.Deploy(JobSample.Model(), 2);
        await world.Reaches(second, RolloutState.RolledBack);
        var error = world.Queries.Rollout(second.Id)!.Error!;
        error.ShouldContain("web: python manage.py migrate of v2 failed: it ended with code 3");
        error.ShouldContain("column \"price\" exists");
        world.Serving().ShouldBe([1]);
        world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
        world.Jobs().ShouldBeEmpty();
        world.Engine.JobsStarted.Count(j => j == "shop.web.v2.before-1").ShouldBe(1);
        (await world.Output(second)).ShouldBe(["Applying shop.0002...", "column \"price\" exists"]);
        (world.RunsOf(2).Single().ExitCode, world.RunsOf(2).Single().IsBarrier).ShouldBe((3, false));
        await world.Until(() => !world.Engine.Networks.Any(n => n.StartsWith("slipway.shop.green.", StringComparison.Ordinal)), "the slot is cleared");
    }

    [Fact]
    public async Task Job_FailsInTheFirstRelease_NothingStays()
    {
        await using var world = new World();
        world.JobsEndWith(1);
        var (first, _) = await world.Deploy(JobSample.Model(), 1);
        await world.Reaches(first, RolloutState.Failed);
        await world.Until(() => world.Engine.All.Count == 0, "everything is taken away");
    }

    [Fact]
    public async Task Job_TakesTooLong_IsStoppedAndTheReleaseFails()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.Engine.EndsWith = _ => null;
        var stopped = new List<(string, DateTimeOffset)>();
        var stopping = world.Engine.Stopping;
        world.Engine.Stopping = i => { stopping?.Invoke(i); stopped.Add((i.Name, world.Time.Now)); };
        var (second, _) = await world.Deploy(Sample.Model(Strategy.BlueGreen).With("web", JobSample.Migrate with { Timeout = TimeSpan.FromSeconds(90) }), 2);
        var job = await world.JobRuns();
        await world.Reaches(second, RolloutState.RolledBack);
        stopped.ShouldContain((job.Name, job.Started!.Value + TimeSpan.FromSeconds(90)));
        world.Queries.Rollout(second.Id)!.Error!.ShouldContain("did not end within 1m30s and was stopped");
        var run = world.RunsOf(2).Single();
        // It may have been through when it was told to stop.
        (run.State, run.Stop, run.IsDone, run.IsBarrier).ShouldBe((JobState.Ended, JobStop.Timeout, false, true));
        world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task Job_ContainerIsGone_FailsAndIsNeverRunAgain()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.Engine.EndsWith = _ => null;
        var (second, _) = await world.Deploy(JobSample.Model(), 2);
        var job = await world.JobRuns();
        await world.Engine.Remove(job.Id, Cancel);
        await world.Reaches(second, RolloutState.RolledBack);
        world.Queries.Rollout(second.Id)!.Error!.ShouldContain("It is not known whether web: python manage.py migrate of v2 finished");
        world.Engine.JobsStarted.Count(j => j == job.Name).ShouldBe(1);
        (world.RunsOf(2).Single().State, world.RunsOf(2).Single().IsBarrier).ShouldBe((JobState.Lost, true));
    }

    [Fact]
    public async Task Job_EngineRefuses_FailsAfterThreeTriesAndWasNeverStarted()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.Engine.Refuses = w => w.Job is null ? null : "no such device";
        var (second, _) = await world.Deploy(JobSample.Model(), 2);
        await world.Reaches(second, RolloutState.RolledBack);
        world.Queries.Rollout(second.Id)!.Error!.ShouldContain("web: python manage.py migrate of v2 could not be started: no such device");
        world.RunsOf(2).Single().State.ShouldBe(JobState.Cancelled);
    }

    [Fact]
    public async Task Abort_WhileTheJobRuns_TellsItToStopAndSaysSo()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.Engine.EndsWith = _ => null;
        var (second, _) = await world.Deploy(JobSample.Model(), 2);
        await world.JobRuns();
        await world.Rollouts.Abort(Sample.App, Cancel);
        await world.Reaches(second, RolloutState.RolledBack);
        world.Jobs().ShouldBeEmpty();
        world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
        (world.RunsOf(2).Single().State, world.RunsOf(2).Single().Stop).ShouldBe((JobState.Ended, JobStop.Aborted));
        var told = (await world.Journal(second)).OfType<RolloutEvent.JobChanged>().ToList();
        told.Select(j => j.State).ShouldBe(["running", "stopping", "failed"]);
        told[1].Detail!.ShouldContain("its rollout has ended");
    }

    [Fact]
    public async Task Remove_WhileTheJobRuns_TakesItAwayToo()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.Engine.EndsWith = _ => null;
        await world.Deploy(JobSample.Model(), 2);
        await world.JobRuns();
        var gone = await world.BeginRemoval(Sample.App, volumes: true);
        await world.Until(() => world.Rollouts.IsGone(Sample.App), "the app is gone");
        await gone;
        world.Engine.All.ShouldBeEmpty();
        world.Engine.Networks.ShouldBeEmpty();
    }

    [Fact]
    public async Task Jobs_Several_RunOneAfterTheOtherInOrder()
    {
        await using var world = new World();
        world.JobsEndWith(0);
        var model = Sample.Model(Strategy.BlueGreen, worker: true).With("web", JobSample.Migrate, new JobModel { Run = ["seed"] }).With("worker", new JobModel { Run = ["index"] });
        // The worker stands last in the file, and web needs it.
        model = model with { Services = [.. model.Services.Select(s => s.Name == "web" ? s with { DependsOn = [.. s.DependsOn, new DependencyModel { Service = "worker" }] } : s)] };
        var (first, _) = await world.Deploy(model, 1);
        await world.Reaches(first, RolloutState.Done);
        world.Engine.JobsStarted.ShouldBe(["shop.worker.v1.before-1", "shop.web.v1.before-1", "shop.web.v1.before-2"]);
    }

    [Fact]
    public async Task Jobs_FirstFails_NextOnesDoNotRun()
    {
        await using var world = new World();
        world.JobsEndWith(1);
        var (first, _) = await world.Deploy(Sample.Model(Strategy.BlueGreen).With("web", JobSample.Migrate, new JobModel { Run = ["seed"] }), 1);
        await world.Reaches(first, RolloutState.Failed);
        world.Engine.JobsStarted.ShouldBe(["shop.web.v1.before-1"]);
        world.RunsOf(1).Select(r => r.Number).ShouldBe([1]);
    }

    [Fact]
    public async Task Dependency_NotReady_JobWaitsForIt()
    {
        await using var world = new World();
        world.JobsEndWith(0);
        world.Engine.HealthOf = i => i.Service == "redis" ? InstanceHealth.Starting : InstanceHealth.None;
        var (first, _) = await world.Deploy(JobSample.Model(), 1);
        await world.For(TimeSpan.FromSeconds(20));
        world.Engine.JobsStarted.ShouldBeEmpty();
        world.Engine.HealthOf = _ => InstanceHealth.None;
        await world.Reaches(first, RolloutState.Done);
        world.Engine.JobsStarted.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rollback_WarmOrCold_RunsNoJob(bool cold)
    {
        await using var world = new World();
        await world.FirstRelease();
        var (second, _) = await world.Deploy(JobSample.Model(), 2, autoPromote: true);
        await world.Reaches(second, RolloutState.Done);
        if (cold) await world.Until(() => world.Stored(Sample.App)!.Slots.Count == 1, "v1 is cold", 3000);
        var back = await world.Rollouts.Rollback(Sample.App, 1, Cancel, pastOneWay: true);
        await world.Reaches(back, RolloutState.Done);
        world.Serving().ShouldBe([1]);
        world.Engine.JobsStarted.ShouldBe(["shop.web.v1.before-1", "shop.web.v2.before-1"]);
    }

    [Fact]
    public async Task Redeploy_AfterAFailure_RunsTheJobAgain()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.JobsEndWith(1);
        await world.Reaches((await world.Deploy(JobSample.Model(), 2)).Rollout, RolloutState.RolledBack);
        world.JobsEndWith(0);
        await world.Reaches((await world.Deploy(JobSample.Model(), 2, autoPromote: true)).Rollout, RolloutState.Done);
        world.Engine.JobsStarted.ShouldBe(["shop.web.v1.before-1", "shop.web.v2.before-1", "shop.web.v3.before-1"]);
    }

    [Fact]
    public async Task Rollback_ToAReleaseThatNeverRanItsJob_IsRefused()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.JobsEndWith(1);
        await world.Reaches((await world.Deploy(JobSample.Model(), 2)).Rollout, RolloutState.RolledBack);
        world.JobsEndWith(0);
        await world.Reaches((await world.Deploy(JobSample.Model(), 3, autoPromote: true)).Rollout, RolloutState.Done);
        (await Should.ThrowAsync<ConflictException>(() => world.Rollouts.Rollback(Sample.App, 2, Cancel, pastOneWay: true))).Message.ShouldContain("never ran its job to the end (web: python manage.py migrate)");
    }

    [Fact]
    public async Task Output_ServerIsKilledInBetween_IsInTheJournalOnce()
    {
        await using var world = new World();
        var said = new List<string> { "one" };
        world.Engine.Says = i => i.Job is null ? [] : [.. said];
        var (first, _) = await world.Deploy(JobSample.Model(), 1);
        var job = await world.JobRuns();
        await world.For(TimeSpan.FromSeconds(3));
        (await world.Output(first)).ShouldBe(["one"], "it is shown as it comes");
        world.StartServer();
        said.Add("two");
        await world.For(TimeSpan.FromSeconds(3));
        said.Add("three");
        world.Engine.Die(job.Id, 0);
        await world.Reaches(first, RolloutState.Done);
        (await world.Output(first)).ShouldBe(["one", "two", "three"]);
        var events = await world.Journal(first);
        events.FindIndex(e => e is RolloutEvent.JobOutput { Text: "three" }).ShouldBeLessThan(events.FindIndex(e => e is RolloutEvent.JobChanged { State: "done" }), "what it said comes before how it ended");
    }

    [Fact]
    public async Task Output_TooMuch_IsBoundedAndItsEndIsKept()
    {
        await using var world = new World();
        world.JobsEndWith(0);
        world.Engine.Says = i => i.Job is null ? [] : [.. Enumerable.Range(1, 5000).Select(n => $"line {n}")];
        var (first, _) = await world.Deploy(JobSample.Model(), 1);
        await world.Reaches(first, RolloutState.Done);
        var output = await world.Output(first);
        output.Count.ShouldBe(2020);
        output[^1].ShouldBe("line 5000");
        (await world.Journal(first)).OfType<RolloutEvent.Note>().ShouldContain(n => n.Text.Contains("more than is kept here"));
    }

    [Fact]
    public async Task Report_CommandWithAPassword_IsMasked()
    {
        await using var world = new World();
        world.JobsEndWith(0);
        var job = JobSample.Migrate with { Run = ["migrate", "--password", "hunter2"], Entrypoint = ["sh", "-c", "PGPASSWORD=hunter2 exec \"$@\""] };
        await world.Reaches((await world.Deploy(Sample.Model(Strategy.BlueGreen).With("web", job), 1)).Rollout, RolloutState.Done);

        var report = world.Canaries.Report(Sample.App, 1)!;

        report.Jobs.Single().Job.Run.ShouldBe(["migrate", "--password", "***"]);
        System.Text.Json.JsonSerializer.Serialize(report, ModelJson.Default.ReleaseReport).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Output_WithASecretOfTheService_IsMasked()
    {
        await using var world = new World();
        world.JobsEndWith(1);
        world.Engine.Says = i => i.Job is null ? [] : ["connecting with hunter2hunter2"];
        var model = JobSample.Model();
        model = model with { Services = [.. model.Services.Select(s => s.Name == "web" ? s with { Container = s.Container with { Environment = new Dictionary<string, string> { ["DB_PASSWORD"] = "hunter2hunter2" } } } : s)] };
        var (first, _) = await world.Deploy(model, 1);
        await world.Reaches(first, RolloutState.Failed);
        (await world.Output(first)).ShouldBe(["connecting with ***"]);
        world.Queries.Rollout(first.Id)!.Error!.ShouldNotContain("hunter2");
    }
}
