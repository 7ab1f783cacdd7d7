using Slipway.Model;
using Slipway.Releases.Storing;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>A story as it happens in a <see cref="Reconciling.World"/> of its own, beside an app that has nothing to do with it.</summary>
sealed partial class Walk : IAsyncDisposable
{
    public static readonly AppName Bystander = AppName.Parse("bystander");

    readonly Requests _requests;
    readonly Laws _laws;
    readonly HashSet<int> _silent = [];
    DateTimeOffset _republished;

    Walk()
    {
        World = new World();
        Crowd = new FakeCrowd(World.Time);
        World.Gateways.Crowd = Crowd;
        World.Gateways.Lag = TimeSpan.Zero;
        _requests = new Requests(World);
        World.Gateways.InFlight = _requests.At;
        World.Silent = i => i.Service == "web" && i.App == Sample.App && _silent.Contains(i.Release);
        World.Engine.EndsWith = w => w.Job is null || w.Container.Command is ["long"] ? null : w.Container.Command is ["bad"] ? 1 : 0;
        World.Engine.StopTakes = _ => StopTakes;
        World.Engine.StartTakes = _ => StartTakes;
        _laws = new Laws(World);
    }

    public World World { get; }

    public FakeCrowd Crowd { get; }

    public TimeSpan StopTakes { get; set; }

    public TimeSpan StartTakes { get; set; }

    public CancellationToken Cancel { get; } = TestContext.Current.CancellationToken;

    /// <exception cref="LawBrokenException">An invariant does not hold; the message says which, and where.</exception>
    public static async Task Through(Story story)
    {
        await using var walk = new Walk();
        await walk.Begin();
        foreach (var happened in story.Events)
        {
            var before = walk.World.Stored(Sample.App)?.Revision;
            try
            {
                await happened.Move.Do(walk);
            }
            catch (Exception refused) when (refused is ConflictException or NotFoundException or InvalidInputException or ForbiddenException)
            {
                (walk.World.Stored(Sample.App)?.Revision).ShouldBe(before, $"refused, and yet something was stored: {refused.Message}");
            }
            for (var i = 0; i < happened.Looks; i++) await walk.Look();
            walk._laws.Stands();
        }
        await walk.End();
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();

    public async Task Rollback(int? by, bool pastOneWay = false)
    {
        var to = by is null ? null : World.Stored(Sample.App)?.Live - by;
        _laws.RolledBack(await World.Rollouts.Rollback(Sample.App, to, Cancel, pastOneWay: pastOneWay));
    }

    public Task Approve(string manager) => World.Rollouts.Promote(Sample.App, Cancel, by: Shop.Manager(manager));

    public async Task AbortPastOneWay() => _laws.TakenBack(await World.Rollouts.Abort(Sample.App, Cancel, pastOneWay: true));

    public async Task Scale(string service, int replicas)
    {
        await World.Rollouts.Scale(Sample.App, service, replicas, Cancel);
        _laws.Disturbed();
    }

    public async Task Remove(bool volumes)
    {
        var removal = await World.BeginRemoval(Sample.App, volumes);
        if (removal.IsFaulted) await removal;
        _laws.Removed(volumes);
        _silent.Clear();
        Crowd.Errors.Clear();
        Crowd.CopyErrors.Clear();
        _laws.Faulty.Clear();
    }

    async Task Begin()
    {
        var other = Sample.Model(Strategy.BlueGreen, replicas: 2, app: Bystander);
        await World.Reaches((await World.Deploy(other, web: 1)).Rollout, RolloutState.Done);
        var first = await World.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, Cancel);
        await World.Rollouts.TakeQueued(Cancel);
        await Stage(first, Shop.Model(Strategy.BlueGreen, 2), _versions);
        await World.Reaches(first, RolloutState.Done);
    }

    /// <summary>Everything works again, and the app must come to rest with all that its live release should have.</summary>
    async Task End()
    {
        (World.Engine.IsAway, World.Gateways.IsAway, StopTakes, StartTakes) = (false, false, TimeSpan.Zero, TimeSpan.Zero);
        World.Gateways.Lag = TimeSpan.Zero;
        World.Sick.Clear();
        Crowd.PerSecond = 100;
        if (World.Stored(Sample.App) is { Freezes.Count: > 0 }) await World.Freezes.Unfreeze(Sample.App, null, Cancel);
        var quiet = 0;
        for (var i = 0; i < 1500 && quiet < 12; i++)
        {
            await Look();
            // The judge of a canary that holds goes on.
            var isStill = !World.HasActed || World.Stored(Sample.App)?.Rollout?.Canary is not null;
            quiet = isStill && IsAtRest() && !World.Engine.IsBusy && !World.Gateways.IsBusy ? quiet + 1 : 0;
        }
        _laws.Stands();
        _laws.Rests();
    }

    bool IsAtRest() => World.Stored(Sample.App) is not { } stored
        || (!stored.Removing && stored.Drains.Count == 0 && stored.Slots.All(s => s.Leaving == Leaving.No)
            && stored.Rollout is null or { State: RolloutState.Holding or RolloutState.Queued or RolloutState.Building });

    async Task Look(DateTimeOffset? latest = null)
    {
        _requests.Go();
        await World.Turn(latest);
        if (World.HasCrashed)
        {
            World.StartServer();
            _laws.Crashed();
        }
        foreach (var gone in World.Rollouts.Removals().Where(World.Rollouts.IsGone)) await World.Rollouts.ForgetRemoval(gone, Cancel);
        if (World.Time.Now - _republished > TimeSpan.FromSeconds(30))
        {
            World.Republish();
            _republished = World.Time.Now;
        }
        _laws.Looked();
    }
}
