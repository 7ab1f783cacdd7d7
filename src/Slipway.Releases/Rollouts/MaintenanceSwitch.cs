using Dapper;
using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>Turns an app's maintenance on and off. It is the app's, not a release's: deploys, rollbacks and restarts leave it as it is.</summary>
public sealed class MaintenanceSwitch
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), Look = TimeSpan.FromMilliseconds(20);

    readonly Database.Database _database;
    readonly RoutePublisher _publisher;
    readonly Bells _bells;
    readonly TimeProvider _time;

    internal MaintenanceSwitch(Database.Database database, RoutePublisher publisher, Bells bells, TimeProvider time) =>
        (_database, _publisher, _bells, _time) = (database, publisher, bells, time);

    /// <summary>Stores it, and returns when every gateway answers by it.</summary>
    /// <param name="wanted">Null: off.</param>
    /// <param name="by">The account that asks.</param>
    /// <returns>False: it is stored, and the gateways have not taken it in time; they will.</returns>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    /// <exception cref="ConflictException">The app is being removed.</exception>
    public async Task<bool> Turn(AppName app, Maintenance? wanted, CancellationToken cancel, string? by = null)
    {
        await Store(app, wanted, cancel, by);
        var begun = _time.GetTimestamp();
        while (!IsInForce(app, wanted))
        {
            if (_time.GetElapsedTime(begun) > Patience) return false;
            await Task.Delay(Look, _time, cancel);
        }
        return true;
    }

    internal async Task Store(AppName app, Maintenance? wanted, CancellationToken cancel, string? by = null)
    {
        await _database.Write(db =>
        {
            if (ReleaseRows.Load(db, app) is not { } stored) throw new NotFoundException($"There is no app '{app}'.");
            if (stored.Removing) throw new ConflictException($"{app} is being removed.");
            db.Execute("UPDATE apps SET maintenance = @maintenance WHERE app = @app",
                new { app = app.Value, maintenance = wanted is null ? null : ReleasesJson.Write(wanted, ModelJson.Default.Maintenance) });
            ReleaseEventRows.Add(db, new ReleaseEvent
            {
                Time = _time.GetUtcNow(), Type = wanted is null ? ReleaseEvents.MaintenanceOff : ReleaseEvents.MaintenanceOn, App = app, Release = stored.Live, By = by ?? wanted?.By, Text = wanted?.Message,
            });
            ReleaseRows.Touch(db, app);
        }, cancel);
        _bells.Ring(app);
    }

    /// <summary>The app's live routes say it, and the version that they came with is acknowledged. An app without routes answers nobody anyhow.</summary>
    bool IsInForce(AppName app, Maintenance? wanted) => _database.Read(db =>
        ReleaseRows.Load(db, app) is not { } stored
        || (stored.Routes.Where(r => r is { IsPreview: false, Redirect: null }).All(r => r.Maintenance == wanted) && (stored.RouteVersion == 0 || _publisher.Acknowledged >= stored.RouteVersion)));
}
