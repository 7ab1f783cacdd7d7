using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>
/// The whole route table as it is stored, for whoever publishes it again and again: kept by its version, and put together from the parts that changed
/// since. Versions only rise, whichever server stores them, so that what is kept is never wrong. From one caller at a time.
/// </summary>
sealed class StoredTable(Database.Database database)
{
    readonly SortedDictionary<string, (long Version, IReadOnlyList<Route> Routes)> _apps = new(StringComparer.Ordinal);
    RouteTable _table = Nothing;

    static RouteTable Nothing => RouteTable.Empty with { Version = -1 };

    public RouteTable Newest() => database.Read(db =>
    {
        var version = RouteRows.Version(db);
        if (version == _table.Version) return _table;
        // A database that was restored meanwhile: nothing that is kept is of it.
        if (version < _table.Version)
        {
            _apps.Clear();
            _table = Nothing;
        }
        foreach (var (app, changed, routes) in RouteRows.Since(db, _table.Version)) _apps[app.Value] = (changed, routes);
        var left = RouteRows.Apps(db).Select(app => app.Value).ToHashSet();
        foreach (var gone in _apps.Keys.Where(app => !left.Contains(app)).ToList()) _apps.Remove(gone);
        return _table = new RouteTable { Version = version, Routes = [.. _apps.Values.SelectMany(app => app.Routes)] };
    });

    /// <summary>Apps whose routes came with a later version than this one, of the table that was given last.</summary>
    public IReadOnlyList<AppName> ChangedSince(long version) => [.. _apps.Where(app => app.Value.Version > version).Select(app => AppName.Parse(app.Key))];
}
