using Dapper;
using Slipway.Contracts;
using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Tests.Storing;

public sealed class RouteRowsTests : IAsyncDisposable
{
    static readonly AppName Shop = AppName.Parse("shop"), Blog = AppName.Parse("blog");

    readonly string _folder = Directory.CreateTempSubdirectory("slipway-test-").FullName;
    readonly TestDatabase _place;
    readonly Database.Database _database;
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public RouteRowsTests()
    {
        _place = TestDatabase.In(_folder);
        _database = Database.Database.Open(_place.Address, ReleaseServices.Migrations);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _place.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Save_OfOneApp_RaisesTheVersionOfTheWholeTable_AndLeavesTheOthersRoutes()
    {
        await Save(Shop, "shop.example.com");
        await Save(Blog, "blog.example.com");
        await Save(Shop, "new.example.com");

        var table = _database.Read(RouteRows.Table);

        table.Version.ShouldBe(3);
        table.Routes.Select(r => r.Hosts[0]).ShouldBe(["blog.example.com", "new.example.com"]);
        _database.Read(db => RouteRows.Of(db, Blog)).Single().Hosts.ShouldBe(["blog.example.com"]);
        _database.Read(db => db.Query<(string, long)>("SELECT app, route_version FROM apps ORDER BY app").ToList()).ShouldBe([("blog", 2), ("shop", 3)]);
    }

    [Fact]
    public async Task MoveFromDocument_TableOfAnOlderSlipway_HasItsVersionAndEveryRouteStill()
    {
        var document = new RouteTable { Version = 7, Routes = [Route(Shop, "shop.example.com"), Route(Blog, "blog.example.com"), Route(Shop, "preview.shop.example.com")] };
        await _database.Write(db =>
        {
            db.Execute("ALTER TABLE route_table ADD COLUMN document TEXT");
            db.Execute("UPDATE route_table SET version = 7, document = @document", new { document = ReleasesJson.Write(document, ModelJson.Default.RouteTable) });
            db.Execute("INSERT INTO apps (app, route_version) VALUES ('shop', 7), ('blog', 4)");
            RouteRows.MoveFromDocument(db);
        }, _cancel);

        var table = _database.Read(RouteRows.Table);

        table.Version.ShouldBe(7);
        table.Routes.Select(r => r.Hosts[0]).ShouldBe(["blog.example.com", "shop.example.com", "preview.shop.example.com"]);
        _database.Read(db => RouteRows.Since(db, 4).Select(row => row.App).ToList()).ShouldBe([Shop]);
        await Save(Blog, "other.example.com");
        _database.Read(RouteRows.Version).ShouldBe(8);
    }

    [Fact]
    public async Task StoredTable_OneAppChanged_ReadsOnlyThatOne()
    {
        var kept = new StoredTable(_database);
        await Save(Shop, "shop.example.com");
        await Save(Blog, "blog.example.com");
        var before = kept.Newest();
        kept.Newest().ShouldBeSameAs(before);

        await Save(Shop, "new.example.com");
        var after = kept.Newest();

        after.Version.ShouldBe(3);
        after.Routes.Select(r => r.Hosts[0]).ShouldBe(["blog.example.com", "new.example.com"]);
        after.Routes[0].ShouldBeSameAs(before.Routes[0]);
        kept.ChangedSince(2).ShouldBe([Shop]);
        kept.ChangedSince(1).ShouldBe([Blog, Shop]);
    }

    [Fact]
    public async Task StoredTable_AppWithoutRoutesAndForgotten_IsNotInIt()
    {
        var kept = new StoredTable(_database);
        await Save(Shop, "shop.example.com");
        await Save(Blog, "blog.example.com");
        kept.Newest();

        await _database.Write(db => RouteRows.Save(db, Shop, []), _cancel);
        kept.Newest().Routes.Single().App.ShouldBe(Blog);
        // Its loop waits for the version in which its routes are gone.
        kept.ChangedSince(2).ShouldBe([Shop]);

        await _database.Write(db => { db.Execute("DELETE FROM app_routes WHERE app = 'shop'"); }, _cancel);
        await Save(Blog, "other.example.com");
        kept.Newest().Version.ShouldBe(4);
        kept.ChangedSince(0).ShouldBe([Blog]);
    }

    Task Save(AppName app, string host) => _database.Write(db =>
    {
        db.Execute("INSERT INTO apps (app) VALUES (@app) ON CONFLICT DO NOTHING", new { app = app.Value });
        RouteRows.Save(db, app, [Route(app, host)]);
    }, _cancel);

    static Route Route(AppName app, string host) => new() { App = app, Service = "web", Hosts = [host] };
}
