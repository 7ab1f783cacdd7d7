using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Sites;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>What every app's loop works with.</summary>
sealed record LoopServices
{
    public required Database.Database Database { get; init; }

    public required IEngine Engine { get; init; }

    public required SiteStore Sites { get; init; }

    public required SharedReports Reports { get; init; }

    public required RoutePublisher Publisher { get; init; }

    public required Transitions Transitions { get; init; }

    public required RolloutJournal Journal { get; init; }

    public required Observations Observations { get; init; }

    public required Bells Bells { get; init; }

    public required Probe Probe { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    public required string RegistryAddress { get; init; }

    public required TimeSpan ResyncEvery { get; init; }
}

/// <summary>The last view of each app, for whoever asks how it is. Thread-safe.</summary>
sealed class Observations
{
    readonly ConcurrentDictionary<AppName, AppView> _views = new();

    public void Set(AppView view) => _views[view.Stored.App] = view;

    public AppView? Of(AppName app) => _views.GetValueOrDefault(app);

    public void Forget(AppName app) => _views.TryRemove(app, out _);
}
