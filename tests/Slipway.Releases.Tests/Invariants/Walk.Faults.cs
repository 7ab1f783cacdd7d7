using Slipway.Model;
using Slipway.Releases.Tests.Jobs;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>Time, and what goes wrong.</summary>
sealed partial class Walk
{
    public async Task Wait(TimeSpan time)
    {
        var end = World.Time.Now + time;
        for (var i = 0; i < 3000 && World.Time.Now < end; i++) await Look(end);
    }

    public Task Die(int which)
    {
        var running = World.Engine.All.Where(i => i.State == InstanceState.Running && i.App == Sample.App).ToList();
        if (running.Count > 0) World.Engine.Die(running[which % running.Count].Id);
        _laws.Disturbed();
        return Task.CompletedTask;
    }

    public Task Sicken(int which)
    {
        var running = World.Engine.All.Where(i => i.State == InstanceState.Running && i.App == Sample.App).ToList();
        if (running.Count > 0) World.Sick.Add(running[which % running.Count].Id);
        _laws.Disturbed();
        return Task.CompletedTask;
    }

    public Task Heal()
    {
        World.Sick.Clear();
        return Task.CompletedTask;
    }

    public Task RestartEngine()
    {
        World.Engine.Restart();
        _laws.Disturbed();
        return Task.CompletedTask;
    }

    public Task EngineAway(bool isAway)
    {
        World.Engine.IsAway = isAway;
        return Task.CompletedTask;
    }

    public Task Crash()
    {
        World.StartServer();
        _laws.Crashed();
        return Task.CompletedTask;
    }

    public Task JobFails()
    {
        foreach (var job in World.Jobs()) World.Engine.Die(job.Id, 1);
        return Task.CompletedTask;
    }

    public Task Freeze(double minutes) => World.Freezes.Freeze(Sample.App, "black friday", minutes > 0 ? World.Time.Now.AddMinutes(minutes) : null, "alice", Cancel);
}
