using FsCheck;
using FsCheck.Fluent;
using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>Everything that can happen to an app. A new command is one line here.</summary>
static class Moves
{
    static readonly Strategy[] Strategies = [Strategy.BlueGreen, Strategy.Canary, Strategy.Rolling, Strategy.Recreate, Strategy.Ab];

    static readonly string[] Parts = ["web", "web", "web and redis", "api", "redis", "file", "everything"];

    public static Gen<Move> Any { get; } = Gen.Frequency(
        // People.
        (9, from strategy in Gen.Elements(Strategies)
            from part in Gen.Elements(Parts)
            from replicas in Gen.Choose(1, 3)
            from promote in Gen.Elements(false, false, true)
            select new Move($"deploy {strategy} with {replicas} of web, {part} changed{(promote ? ", --promote" : "")}", w => w.Deploy(Shop.Model(strategy, replicas), part, promote))),
        (2, from strategy in Gen.Elements(Strategies) select new Move($"deploy {strategy}, not built yet", w => w.Queue(Shop.Model(strategy)))),
        (2, One("the build ends", w => w.Build())),
        (2, One("deploy Rolling that never becomes ready", w => w.DeploySilent())),
        (2, One("deploy Canary that answers with errors", w => w.DeployFaulty(Shop.Model(Strategy.Canary)))),
        (3, from strategy in Gen.Elements(Strategies)
            from how in Gen.Elements("good", "good", "bad", "long")
            from isOneWay in Gen.Elements(true, true, false)
            select new Move($"deploy {strategy} with a job that is {how}{(isOneWay ? " and goes one way" : "")}", w => w.Deploy(Shop.WithJob(Shop.Model(strategy, 2), how, isOneWay), "web"))),
        (2, One("deploy Canary with a one-way step that answers with errors", w => w.DeployFaulty(Shop.WithJob(Shop.WithApprovals(), "good", true)))),
        (1, One("deploy Canary that nobody asks, and ten minutes pass", w => w.DeployUnasked())),
        (1, from then in Gen.Elements(AbEnd.Hold, AbEnd.Promote, AbEnd.Abort)
            from share in Gen.Elements(0, 5000)
            select new Move($"deploy Ab with {share / 100}%, then {then}", w => w.Deploy(Shop.Experiment(then, share), "web"))),
        (1, One("deploy BlueGreen that matched requests see", w => w.Deploy(Shop.SeenByMatch(), "web"))),
        (1, One("deploy Canary that two managers must approve", w => w.Deploy(Shop.WithApprovals(), "web"))),
        (1, from name in Gen.Elements("ann", "bob") select new Move($"the manager {name} promotes", w => w.Approve(name))),
        (1, from minutes in Gen.Elements(0, 5, 30) select new Move($"freeze{(minutes > 0 ? $" for {minutes} minutes" : "")}", w => w.Freeze(minutes))),
        (2, One("unfreeze", w => w.World.Freezes.Unfreeze(Sample.App, "alice", w.Cancel))),
        (1, One("deploy Rolling despite a freeze", w => w.DeployDespiteFreeze())),
        (6, One("promote", w => w.World.Rollouts.Promote(Sample.App, w.Cancel))),
        (1, from step in Gen.Choose(1, 5) select new Move($"promote to step {step}", w => w.World.Rollouts.Promote(Sample.App, w.Cancel, step))),
        (1, One("pause", w => w.World.Rollouts.Pause(Sample.App, w.Cancel))),
        (1, One("resume", w => w.World.Rollouts.Resume(Sample.App, w.Cancel))),
        (3, One("abort", w => w.World.Rollouts.Abort(Sample.App, w.Cancel))),
        (1, One("abort --past-one-way", w => w.AbortPastOneWay())),
        (4, One("rollback", w => w.Rollback(null))),
        (1, One("rollback --past-one-way", w => w.Rollback(null, pastOneWay: true))),
        (2, from back in Gen.Choose(1, 4) select new Move($"rollback by {back}", w => w.Rollback(back))),
        (3, from service in Gen.Elements("web", "web", "api", "worker")
            from replicas in Gen.Choose(0, 4)
            select new Move($"scale {service}={replicas}", w => w.Scale(service, replicas))),
        (1, from volumes in Gen.Elements(false, true) select new Move($"remove{(volumes ? " with its volumes" : "")}", w => w.Remove(volumes))),
        (1, from isOn in Gen.Elements(true, false)
            select new Move($"maintenance {(isOn ? "on" : "off")}", w => w.World.Maintenance.Store(Sample.App, isOn ? new Maintenance() : null, w.Cancel))),
        // Time, and the people who use the app.
        (6, from seconds in Gen.Elements(1, 10, 60, 180, 600) select new Move($"{seconds} s pass", w => w.Wait(TimeSpan.FromSeconds(seconds)))),
        (1, One("an hour passes", w => w.Wait(TimeSpan.FromMinutes(61)))),
        (1, from rate in Gen.Elements(0, 100) select new Move($"{rate} requests per second", w => { w.Crowd.PerSecond = rate; return Task.CompletedTask; })),
        // What goes wrong.
        (3, from which in Gen.Choose(0, 9) select new Move($"instance {which} dies", w => w.Die(which))),
        (2, from which in Gen.Choose(0, 9) select new Move($"instance {which} answers no probe", w => w.Sicken(which))),
        (2, One("all answer probes again", w => w.Heal())),
        (1, One("a job that runs fails", w => w.JobFails())),
        (1, One("the engine restarts, and nothing runs on", w => w.RestartEngine())),
        (1, One("the engine goes away", w => w.EngineAway(true))),
        (2, One("the engine is back", w => w.EngineAway(false))),
        (1, One("no gateway answers", w => { w.World.Gateways.IsAway = true; return Task.CompletedTask; })),
        (2, One("the gateways answer", w => { w.World.Gateways.IsAway = false; return Task.CompletedTask; })),
        (1, One("the gateway's disk is lost", w => { w.World.Gateways.Lose(); return Task.CompletedTask; })),
        (1, One("the gateway is started anew", w => { w.World.Gateways.Session += "'"; w.Crowd.Forget(); return Task.CompletedTask; })),
        (1, from seconds in Gen.Elements(0, 2, 20) select new Move($"the second gateway takes {seconds} s for a table", w => { w.World.Gateways.Lag = TimeSpan.FromSeconds(seconds); return Task.CompletedTask; })),
        (1, from seconds in Gen.Elements(0, 5, 15) select new Move($"instances take {seconds} s to stop", w => { w.StopTakes = TimeSpan.FromSeconds(seconds); return Task.CompletedTask; })),
        (1, from seconds in Gen.Elements(0, 3, 8) select new Move($"instances take {seconds} s to start", w => { w.StartTakes = TimeSpan.FromSeconds(seconds); return Task.CompletedTask; })),
        (2, One("the server is killed", w => w.Crash())),
        (5, from effect in Gen.Choose(0, 9) select new Move($"the server is killed {effect} effects from now", w => { w.World.CrashAfter(effect); return Task.CompletedTask; })));

    static Gen<Move> One(string words, Func<Walk, Task> act) => Gen.Constant(new Move(words, act));
}
