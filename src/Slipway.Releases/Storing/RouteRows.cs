using System.Data.Common;
using Dapper;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>
/// The SQL of the route table: one number for the whole of it, and a row with the routes of each app that has any. Every method works inside the
/// caller's transaction or snapshot.
/// </summary>
static class RouteRows
{
    public static long Version(DbConnection db) => db.ExecuteScalar<long>("SELECT version FROM route_table WHERE id = 1");

    public static IReadOnlyList<Route> Of(DbConnection db, AppName app) =>
        db.QuerySingleOrDefault<string>("SELECT routes FROM app_routes WHERE app = @app", new { app = app.Value }) is { } text ? Read(text) : [];

    /// <summary>Apps that have routes, or had some.</summary>
    public static IReadOnlySet<AppName> Apps(DbConnection db) => db.Query<string>("SELECT app FROM app_routes").Select(AppName.Parse).ToHashSet();

    /// <summary>The routes of each app whose routes came with a version above this one.</summary>
    public static IEnumerable<(AppName App, long Version, IReadOnlyList<Route> Routes)> Since(DbConnection db, long version) =>
        db.Query<(string App, long Version, string Routes)>("SELECT app, version, routes FROM app_routes WHERE version > @version", new { version }, buffered: false)
            .Select(row => (AppName.Parse(row.App), row.Version, Read(row.Routes)));

    /// <summary>The whole table, by app. Who asks for it again and again keeps a <see cref="StoredTable"/>.</summary>
    public static RouteTable Table(DbConnection db) => new()
    {
        Version = Version(db),
        Routes = [.. Since(db, -1).OrderBy(row => row.App.Value, StringComparer.Ordinal).SelectMany(row => row.Routes)],
    };

    /// <summary>Puts an app's routes in the place of those it had: one new version of the whole table.</summary>
    public static void Save(DbConnection db, AppName app, IReadOnlyList<Route> routes)
    {
        var version = db.ExecuteScalar<long>("UPDATE route_table SET version = version + 1 WHERE id = 1 RETURNING version");
        Put(db, app, version, routes);
        db.Execute("UPDATE apps SET route_version = @version WHERE app = @app", new { app = app.Value, version });
    }

    /// <summary>What 0005_app_routes.sql can't say in SQL that both databases have: the parts of a JSON document become rows.</summary>
    public static void MoveFromDocument(DbConnection db)
    {
        var table = ReleasesJson.Read(db.ExecuteScalar<string>("SELECT document FROM route_table WHERE id = 1")!, ModelJson.Default.RouteTable);
        var versions = db.Query<(string App, long Version)>("SELECT app, route_version FROM apps").ToDictionary(row => row.App, row => row.Version);
        foreach (var own in table.Routes.GroupBy(r => r.App)) Put(db, own.Key, versions.GetValueOrDefault(own.Key.Value, table.Version), [.. own]);
        db.Execute("ALTER TABLE route_table DROP COLUMN document");
    }

    static void Put(DbConnection db, AppName app, long version, IReadOnlyList<Route> routes) => db.Execute(
        "INSERT INTO app_routes (app, version, routes) VALUES (@app, @version, @routes) ON CONFLICT (app) DO UPDATE SET version = excluded.version, routes = excluded.routes",
        new { app = app.Value, version, routes = ReleasesJson.Write(new RouteTable { Version = version, Routes = routes }, ModelJson.Default.RouteTable) });

    static IReadOnlyList<Route> Read(string text) => ReleasesJson.Read(text, ModelJson.Default.RouteTable).Routes;
}
