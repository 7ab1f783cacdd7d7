using System.Net;
using System.Net.Http.Json;
using System.Text;
using Slipway.Contracts;
using Slipway.Server.Api;
using Slipway.Server.Auth;
using Slipway.Server.Data;

namespace Slipway.Server.Tests.Leading;

/// <summary>Whole servers on one PostgreSQL.</summary>
public sealed class SeveralServersTests : IDisposable
{
    readonly string _database = PostgresServer.Shared.CreateDatabase();
    readonly TestFolder _one = new(), _other = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public SeveralServersTests()
    {
        foreach (var folder in (TestFolder[])[_one, _other]) folder.Write("slipway.yaml", $"database: {_database}\n");
        // As the guide says: the same token for all of them.
        var token = AdminToken.ReadOrMake(new DataFolder(_one.Path)).Text;
        File.WriteAllText(_other.Write("admin.token", ""), token + "\n");
        File.SetUnixFileMode(Path.Combine(_other.Path, "admin.token"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose()
    {
        PostgresServer.Shared.DropDatabase(_database);
        _one.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Control_TwoServers_OneLeads_TheOtherStandsByAndTakesOver()
    {
        var first = await TestServer.Start(_one);
        try
        {
            await Eventually.Is(async () => (await Status(first)).Leads == true);
            await using var second = await TestServer.Start(_other);
            var status = await Status(second);
            (status.Leads, status.Database.Shared, status.Database.Name).ShouldBe((false, true, _database));
            status.Roles.ShouldBe(["control", "registry"]);

            // Reads, and the registry, are every server's.
            (await second.Client.GetAsync("/api/v1/apps", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await second.Client.PostAsync("/v2/shared/web/blobs/uploads/", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            var refused = await Scale(second);
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
            (await refused.Content.ReadAsStringAsync(Cancel)).ShouldContain("stands by");
            (await Scale(first)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

            await first.DisposeAsync();
            await Eventually.Is(async () => (await Status(second)).Leads == true);
            (await Scale(second)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
        finally
        {
            await first.DisposeAsync();
        }
    }

    [Fact]
    public async Task Leader_LosesItsLock_Ends_AndTheOtherLeads()
    {
        var first = await TestServer.Start(_one);
        try
        {
            await Eventually.Is(async () => (await Status(first)).Leads == true);
            await using var second = await TestServer.Start(_other);
            var ended = first.Host.WaitForEnd(Cancel);

            PostgresServer.Shared.Execute("SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND d.datname = current_database()", _database.Split('/')[^1]);

            (await ended.WaitAsync(TimeSpan.FromSeconds(30), Cancel)).ShouldBeFalse();
            await Eventually.Is(async () => (await Status(second)).Leads == true);
        }
        finally
        {
            await first.DisposeAsync();
        }
    }

    [Fact]
    public async Task Roles_RegistryOnly_HasNoAppsAndNoEngine()
    {
        await using var server = await TestServer.Start(_one, ServerRoles.Registry);
        var status = await Status(server);
        status.Roles.ShouldBe(["registry"]);
        (status.Leads, status.Engine, status.Gateway, status.Apps).ShouldBe((null, null, null, null));
        (await server.Client.GetAsync("/api/v1/apps", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await server.Client.GetAsync("/v2/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ready = await server.Anonymous.GetFromJsonAsync("/readyz", ApiJson.Default.Readiness, Cancel);
        ready!.Checks.Select(check => check.Name).ShouldBe(["database", "store"]);
        File.ReadAllText(server.Data.ServerFile).ShouldContain(_database);
    }

    [Fact]
    public async Task Start_DatabaseAway_SaysWhereAndNoPassword()
    {
        _one.Write("slipway.yaml", "database: postgres://slipway:s3cret@127.0.0.1:1/none\n");
        var refused = await Should.ThrowAsync<ServerStartException>(() => TestServer.Start(_one));
        refused.Message.ShouldContain("postgres://slipway@127.0.0.1:1/none");
        refused.ToString().ShouldNotContain("s3cret");
    }

    static Task<HttpResponseMessage> Scale(TestServer server) =>
        server.Client.PutAsync("/api/v1/apps/none/services/web/scale", new StringContent("""{"replicas":2}""", Encoding.UTF8, "application/json"), Cancel);

    static async Task<ServerStatus> Status(TestServer server) => (await server.Client.GetFromJsonAsync("/api/v1/status", ApiJson.Default.ServerStatus, Cancel))!;
}
