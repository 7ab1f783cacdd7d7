using Shouldly;
using Slipway.Engines;
using Slipway.Model;
using Xunit;

namespace Slipway.Contracts;

/// <summary>
/// What every engine does with workloads, whatever runs in them: each driver's tests derive from it, and so do those of a fake.
/// What needs real programs is in <see cref="ProgramContract"/>.
/// </summary>
public abstract class EngineContract : EngineTests
{
    [Fact]
    public async Task Status_EngineAnswers_SaysWhatItIs()
    {
        var status = await Engine.Status(Cancel);

        status.Version.ShouldNotBeEmpty();
        status.Cpus.ShouldBeGreaterThan(0);
        status.Memory.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Prepare_ImageIsThere_GivesItsFactsEachTime()
    {
        var facts = await Engine.Prepare(Image, Cancel);

        facts.Id.ShouldNotBeEmpty();
        (await Engine.Prepare(Image, Cancel)).Id.ShouldBe(facts.Id);
    }

    [Fact]
    public async Task Apply_NothingThere_StartsEachReplica()
    {
        var workload = Workload(NewApp(), "web", replicas: 3);

        await Engine.Apply(workload, Cancel);

        var instances = await Engine.Observe(workload.App, Cancel);
        instances.Select(i => i.Index).ShouldBe([1, 2, 3]);
        instances.Select(i => i.Name).ShouldBe([$"{workload.App}.web.v1.1", $"{workload.App}.web.v1.2", $"{workload.App}.web.v1.3"]);
        foreach (var instance in instances)
        {
            instance.App.ShouldBe(workload.App);
            instance.Service.ShouldBe("web");
            instance.Release.ShouldBe(1);
            instance.Hash.ShouldBe(workload.Hash);
            instance.State.ShouldBe(InstanceState.Running);
            instance.Health.ShouldBe(InstanceHealth.None);
            instance.Addresses.Keys.ShouldBe([workload.Networks[0].Name]);
            instance.Started.ShouldNotBeNull();
            instance.ExitCode.ShouldBeNull();
        }
        instances.SelectMany(i => i.Addresses.Values).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task Apply_Twice_ChangesNothing()
    {
        var workload = Workload(NewApp(), "web", replicas: 2);
        await Engine.Apply(workload, Cancel);
        var before = await Engine.Observe(workload.App, Cancel);

        await Engine.Apply(workload, Cancel);

        var after = await Engine.Observe(workload.App, Cancel);
        after.Select(i => (i.Id, i.Started)).ShouldBe(before.Select(i => (i.Id, i.Started)));
    }

    [Fact]
    public async Task Apply_ServicesAtTheSameTime_ShareTheirNetwork()
    {
        var app = NewApp();

        await Task.WhenAll(Enumerable.Range(1, 4).Select(n => Engine.Apply(Workload(app, $"s{n}"), Cancel)));

        var instances = await Engine.Observe(app, Cancel);
        instances.Count.ShouldBe(4);
        instances.ShouldAllBe(i => i.State == InstanceState.Running);
        instances.SelectMany(i => i.Addresses.Values).Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public async Task Apply_ExitedInstance_IsStartedAgain()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var first = await Only(workload);
        await Engine.Stop(first.Id, Cancel);

        await Engine.Apply(workload, Cancel);

        var again = await Only(workload);
        again.Id.ShouldBe(first.Id);
        again.State.ShouldBe(InstanceState.Running);
        again.Addresses.Keys.ShouldBe([workload.Networks[0].Name]);
    }

    [Fact]
    public async Task Apply_MoreReplicas_AddsOnlyTheNewOnes()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var first = await Only(workload);

        await Engine.Apply(workload with { Replicas = 3 }, Cancel);

        var instances = await Engine.Observe(workload.App, Cancel);
        instances.Select(i => i.Index).ShouldBe([1, 2, 3]);
        instances[0].Id.ShouldBe(first.Id);
        instances[0].Started.ShouldBe(first.Started);
    }

    [Fact]
    public async Task Apply_FewerReplicas_LeavesTheOthersRunning()
    {
        var workload = Workload(NewApp(), "web", replicas: 2);
        await Engine.Apply(workload, Cancel);

        await Engine.Apply(workload with { Replicas = 1 }, Cancel);
        await Engine.Apply(workload with { Replicas = 0 }, Cancel);

        (await Engine.Observe(workload.App, Cancel)).ShouldAllBe(i => i.State == InstanceState.Running);
        (await Engine.Observe(workload.App, Cancel)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Apply_RemovedInstance_IsMadeAnew()
    {
        var workload = Workload(NewApp(), "web", replicas: 2);
        await Engine.Apply(workload, Cancel);
        var before = await Engine.Observe(workload.App, Cancel);
        await Engine.Remove(before[1].Id, Cancel);

        await Engine.Apply(workload, Cancel);

        var after = await Engine.Observe(workload.App, Cancel);
        after.Select(i => i.Index).ShouldBe([1, 2]);
        after[0].Id.ShouldBe(before[0].Id);
        after[1].Id.ShouldNotBe(before[1].Id);
    }

    [Fact]
    public async Task Apply_SameNameWithAnotherHash_IsRefusedAndNothingTouched()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var before = await Only(workload);

        var refusal = await Should.ThrowAsync<EngineException>(() => Engine.Apply(workload with { Hash = "fedcba9876543210" }, Cancel));

        refusal.Message.ShouldContain(before.Name);
        (await Only(workload)).ShouldSatisfyAllConditions(i => i.Id.ShouldBe(before.Id), i => i.Started.ShouldBe(before.Started), i => i.Hash.ShouldBe(workload.Hash));
    }

    [Fact]
    public async Task Apply_CarriedOver_IsAttachedToBothSlotsAndThenLeavesTheFirst()
    {
        var workload = Workload(NewApp(), "redis");
        await Engine.Apply(workload, Cancel);
        var before = await Only(workload);
        var (blue, green) = (Network(workload.App, Slot.Blue, "redis"), Network(workload.App, Slot.Green, "redis"));

        await Engine.Apply(workload with { Networks = [blue, green] }, Cancel);
        (await Only(workload)).Addresses.Keys.Order().ShouldBe([blue.Name, green.Name]);

        await Engine.Apply(workload with { Networks = [green] }, Cancel);
        var after = await Only(workload);
        after.Addresses.Keys.ShouldBe([green.Name]);
        after.Id.ShouldBe(before.Id);
        after.Started.ShouldBe(before.Started);
    }

    [Fact]
    public async Task Observe_OfOneApp_GivesNothingOfAnother()
    {
        Workload one = Workload(NewApp(), "web"), other = Workload(NewApp(), "web");
        await Engine.Apply(one, Cancel);
        await Engine.Apply(other, Cancel);

        (await Engine.Observe(one.App, Cancel)).ShouldHaveSingleItem().App.ShouldBe(one.App);

        var all = await Engine.Observe(null, Cancel);
        all.ShouldContain(i => i.App == one.App);
        all.ShouldContain(i => i.App == other.App);
    }

    [Fact]
    public async Task Stop_Running_LeavesItExitedAndMayBeRepeated()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var running = await Only(workload);

        await Engine.Stop(running.Id, Cancel);
        await Engine.Stop(running.Id, Cancel);

        var stopped = await Only(workload);
        stopped.Id.ShouldBe(running.Id);
        stopped.State.ShouldBe(InstanceState.Exited);
        stopped.ExitCode.ShouldNotBeNull();
        stopped.Finished.ShouldNotBeNull();
        stopped.Addresses.ShouldBeEmpty();
    }

    [Fact]
    public async Task Remove_RunningThenGone_IsNoErrorAndNeitherIsStop()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var running = await Only(workload);

        await Engine.Remove(running.Id, Cancel);
        await Engine.Remove(running.Id, Cancel);
        await Engine.Stop(running.Id, Cancel);

        (await Engine.Observe(workload.App, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Make_Job_IsThereAndNotStartedHoweverOftenItIsMade()
    {
        var job = Job(NewApp());

        await Engine.Make(job, Cancel);
        var made = await Only(job);
        await Engine.Make(job, Cancel);

        var again = await Only(job);
        (again.Id, again.Name, again.Job, again.State, again.Started).ShouldBe((made.Id, $"{job.App}.web.v1.before-2", 2, InstanceState.Created, null));
        (again.Service, again.Release, again.Hash).ShouldBe(("web", 1, job.Hash));
    }

    [Fact]
    public async Task StartOnce_RunningThenEnded_IsNeverStartedAgain()
    {
        var job = Job(NewApp());
        await Engine.Make(job, Cancel);
        var made = await Only(job);

        await Engine.StartOnce(made.Id, Cancel);
        var running = await Only(job);
        await Engine.StartOnce(made.Id, Cancel);
        running.State.ShouldBe(InstanceState.Running);
        running.Addresses.Keys.ShouldBe([job.Networks[0].Name]);
        (await Only(job)).Started.ShouldBe(running.Started);

        await Engine.Stop(made.Id, Cancel);
        await Engine.StartOnce(made.Id, Cancel);
        await Engine.Make(job, Cancel);
        var ended = await Only(job);
        (ended.State, ended.Started).ShouldBe((InstanceState.Exited, running.Started));
        ended.ExitCode.ShouldNotBeNull();
    }

    [Fact]
    public async Task StartOnce_Gone_IsNoError()
    {
        var job = Job(NewApp());
        await Engine.Make(job, Cancel);
        var made = await Only(job);
        await Engine.Remove(made.Id, Cancel);

        await Engine.StartOnce(made.Id, Cancel);

        (await Engine.Observe(job.App, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Make_NameTakenWithAnotherHash_IsRefused()
    {
        var job = Job(NewApp());
        await Engine.Make(job, Cancel);

        (await Should.ThrowAsync<EngineException>(() => Engine.Make(job with { Hash = "fedcba9876543210" }, Cancel))).Message.ShouldContain($"{job.App}.web.v1.before-2");
    }

    Workload Job(AppName app) => Workload(app, "web") with { Job = 2 };

    [Fact]
    public async Task Sweep_InstancesAttached_LeavesThemAsTheyAre()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var before = await Only(workload);

        await Engine.Sweep(workload.App, null, volumes: false, Cancel);

        (await Only(workload)).Addresses.ShouldBe(before.Addresses);
    }

    [Fact]
    public async Task Sweep_ThenApply_MakesTheNetworksAgain()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        await Engine.Remove((await Only(workload)).Id, Cancel);

        await Engine.Sweep(workload.App, Slot.Blue, volumes: false, Cancel);
        await Engine.Sweep(workload.App, null, volumes: false, Cancel);
        await Engine.Apply(workload, Cancel);

        (await Only(workload)).Addresses.Keys.ShouldBe([workload.Networks[0].Name]);
    }

    [Fact]
    public async Task Watch_InstanceEnds_IsTold()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var instance = await Only(workload);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var told = WaitForEnd(instance, watching.Token);

        // Nothing says when the watch has begun: so it ends again and again until that is told.
        await Eventually(async () =>
        {
            await Engine.Apply(workload, Cancel);
            await Engine.Stop(instance.Id, Cancel);
            return told.IsCompleted;
        }, "the watch told of no end");

        (await told).App.ShouldBe(workload.App);
        await watching.CancelAsync();
    }

    async Task<EngineEvent> WaitForEnd(Instance instance, CancellationToken cancel)
    {
        await foreach (var told in Engine.Watch(cancel))
            if (told.Instance == instance.Id && told.Action == "die") return told;
        throw new ShouldAssertException("The watch ended by itself.");
    }
}
