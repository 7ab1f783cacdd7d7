using System.Net;
using System.Net.Http.Json;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry;
using Slipway.Releases;
using Slipway.Server.Api;
using Slipway.Server.Tests.Apps;
using Slipway.Server.Tests.Builds;

namespace Slipway.Server.Tests.Api;

/// <summary>Previews through the API: what CI and webhooks call.</summary>
public sealed class PreviewsApiTests : IAsyncLifetime
{
    readonly TestFolder _source = new();
    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        _source.Write("Dockerfile", "FROM scratch\nCOPY compose.yaml /\n");
        Compose("services:\n  web:\n    build: .\n    ports: ['8081:80']\n");
        await _server.HasLive("shop", new PreviewPolicy { Max = 2 });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _source.Dispose();
    }

    [Fact]
    public async Task Deploy_IsAcceptedAsARolloutOfTheAppUnderneath()
    {
        var rollout = await Deploy("feature/x", "3d");

        rollout.App.Value.ShouldBe("shop--feature-x");
        rollout.Source!.Preview.ShouldBe(new PreviewSource(AppName.Parse("shop"), "feature-x"));
        var preview = (await Get("feature%2Fx")).Preview!;
        (preview.Of.Value, preview.Name, preview.Branch, preview.By).ShouldBe(("shop", "feature-x", "feature/x", "admin"));
        (preview.Expires - preview.Created).ShouldBe(TimeSpan.FromDays(3));
        (await List()).Select(app => app.App.Value).ShouldBe(["shop--feature-x"]);
        (await _server.Client.GetFromJsonAsync("/api/v1/apps", ModelJson.Default.IReadOnlyListAppStatus, Cancel))!.Select(app => app.App.Value).ShouldBe(["shop", "shop--feature-x"]);
        (await _server.Client.GetFromJsonAsync("/api/v1/apps/shop--feature-x", ModelJson.Default.AppStatus, Cancel))!.Preview.ShouldBe(preview);
    }

    [Fact]
    public async Task Deploy_Wrong_IsRefusedWhole_AndNothingIsStored()
    {
        Compose("services:\n  web:\n    build: .\n    privileged: true\n    volumes: ['/srv/x:/x', 'ext:/y']\nvolumes: {ext: {external: true}}\n");
        var problem = await Refused(await Post("""{"name": "pr-1", "source": {"directory": "DIR"}}"""), HttpStatusCode.BadRequest);
        problem.Diagnostics!.Select(d => d.Key).ShouldBe(["services.web.privileged", "services.web.volumes", "services.web.volumes"]);
        Compose("services: {web: {build: .}}\n");
        (await Refused(await Post("""{"name": "pr-1", "source": {"directory": "DIR"}, "for": "soon"}"""), HttpStatusCode.BadRequest)).Diagnostics!.Single().Expected.ShouldBe("1m to 366d, for example 3d");
        (await Refused(await Post("""{"name": "pr-1", "source": {"directory": "DIR"}, "for": "1s"}"""), HttpStatusCode.BadRequest)).Diagnostics!.Single().Key.ShouldBe("for");
        (await Refused(await Post("""{"name": "/", "source": {"directory": "DIR"}}""", "nobody"), HttpStatusCode.NotFound)).Detail!.ShouldContain("There is no app 'nobody'");
        (await Refused(await Post("""{"name": "", "source": {"directory": "DIR"}}"""), HttpStatusCode.BadRequest)).Diagnostics!.Single().Key.ShouldBe("name");
        (await List()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Deploy_TooMany_IsAConflictThatNamesTheOldest()
    {
        await Deploy("pr-1");
        await Deploy("pr-2");
        (await Refused(await Post("""{"name": "pr-3", "source": {"directory": "DIR"}}"""), HttpStatusCode.Conflict)).Detail!.ShouldContain("The oldest is pr-1");
    }

    [Fact]
    public async Task Deploy_AnAppByAPreviewsName_IsRefused_AndAPreviewIsNotSmuggledIn()
    {
        using var ordinary = await Send("/api/v1/apps/my--shop/rollouts", """{"source": {"directory": "DIR"}}""");
        (await Refused(ordinary, HttpStatusCode.BadRequest)).Diagnostics!.Single().Key.ShouldBe("app");
        using var smuggled = await Send("/api/v1/apps/other/rollouts", """{"source": {"directory": "DIR", "preview": {"of": "shop", "name": "x"}}}""");
        (await smuggled.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!.Source!.Preview.ShouldBeNull();
    }

    [Fact]
    public async Task Extend_CountsFromNow()
    {
        await Deploy("pr-1");
        using var answer = await _server.Client.PostAsJsonAsync("/api/v1/apps/shop/previews/pr-1/extend", new PreviewExtension { For = "30d" }, ApiJson.Default.PreviewExtension, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var preview = (await answer.Content.ReadFromJsonAsync(ModelJson.Default.AppStatus, Cancel))!.Preview!;
        (preview.Expires - preview.Created).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromDays(30));
        (await Get("pr-1")).Preview.ShouldBe(preview);
        using var none = await _server.Client.PostAsJsonAsync("/api/v1/apps/shop/previews/pr-2/extend", new PreviewExtension { For = "30d" }, ApiJson.Default.PreviewExtension, Cancel);
        (await Refused(none, HttpStatusCode.NotFound)).Detail.ShouldBe("shop has no preview 'pr-2'; it has pr-1.");
    }

    [Fact]
    public async Task Remove_TakesItsImagesToo_AndLeavesTheApps()
    {
        await using var engine = new LeavingEngine(Path.Combine(_server.Data.Path, "no-engine.sock"), "");
        var rollout = await Deploy("pr-1");
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
        await _server.PushImage("shop/web", "v1");
        await _server.PushImage("shop--pr-1/web", "v1");

        (await _server.Client.DeleteAsync("/api/v1/apps/shop/previews/pr-1", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await List()).ShouldBeEmpty();
        _server.Host.App.Services.GetRequiredService<ImageCatalog>().Repositories().ShouldBe(["shop/web"]);
        (await Refused(await _server.Client.DeleteAsync("/api/v1/apps/shop/previews/pr-1", Cancel), HttpStatusCode.NotFound)).Detail.ShouldBe("shop has no preview 'pr-1', nor any other.");
        await Deploy("pr-1");
    }

    [Fact]
    public async Task Remove_OfTheApp_TakesThePreviewsImages()
    {
        await using var engine = new LeavingEngine(Path.Combine(_server.Data.Path, "no-engine.sock"), "");
        var rollout = await Deploy("pr-1");
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
        foreach (var repository in (string[])["shop/web", "shop--pr-1/web", "shopping/web"]) await _server.PushImage(repository, "v1");

        (await _server.Client.DeleteAsync("/api/v1/apps/shop", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await _server.Client.GetStringAsync("/api/v1/apps", Cancel)).ShouldBe("[]");
        _server.Host.App.Services.GetRequiredService<ImageCatalog>().Repositories().ShouldBe(["shopping/web"]);
    }

    [Fact]
    public async Task Expiry_RemovesItsImages()
    {
        await using var engine = new LeavingEngine(Path.Combine(_server.Data.Path, "no-engine.sock"), "");
        var rollout = await Deploy("pr-1");
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
        await _server.PushImage("shop--pr-1/web", "v1");
        await _server.Host.App.Services.GetRequiredService<Database.Database>().Write(
            db => { db.Execute("UPDATE previews SET expires = 1; UPDATE apps SET revision = revision + 1;"); }, Cancel);
        // Any command makes the app's loop look, as its own clock does in time.
        (await _server.Client.PutAsync("/api/v1/apps/shop--pr-1/maintenance", null, Cancel)).Dispose();

        await Eventually.Is(() => _server.Host.App.Services.GetRequiredService<ReleaseQueries>().App(AppName.Parse("shop--pr-1")) is null);
        await Eventually.Is(() => _server.Host.App.Services.GetRequiredService<ImageCatalog>().Repositories().Count == 0);
    }

    async Task<Rollout> Deploy(string name, string? lasts = null)
    {
        using var answer = await Post($$"""{"name": "{{name}}", "source": {"directory": "DIR"}{{(lasts is null ? "" : $", \"for\": \"{lasts}\"")}}}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!;
    }

    Task<HttpResponseMessage> Post(string body, string app = "shop") => Send($"/api/v1/apps/{app}/previews", body);

    Task<HttpResponseMessage> Send(string path, string body) =>
        _server.Client.PostAsync(path, new StringContent(body.Replace("DIR", _source.Path, StringComparison.Ordinal), Encoding.UTF8, "application/json"), Cancel);

    static async Task<Problem> Refused(HttpResponseMessage answer, HttpStatusCode status)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        answer.StatusCode.ShouldBe(status, text);
        return System.Text.Json.JsonSerializer.Deserialize(text, ApiJson.Default.Problem)!;
    }

    async Task<IReadOnlyList<AppStatus>> List() => (await _server.Client.GetFromJsonAsync("/api/v1/apps/shop/previews", ModelJson.Default.IReadOnlyListAppStatus, Cancel))!;

    async Task<AppStatus> Get(string name) => (await _server.Client.GetFromJsonAsync($"/api/v1/apps/shop/previews/{name}", ModelJson.Default.AppStatus, Cancel))!;

    void Compose(string text) => _source.Write("compose.yaml", text);
}
