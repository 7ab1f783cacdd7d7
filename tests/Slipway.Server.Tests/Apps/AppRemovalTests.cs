using System.Net;
using System.Net.Http.Json;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry;
using Slipway.Releases;
using Slipway.Server.Tests.Builds;

namespace Slipway.Server.Tests.Apps;

public sealed class AppRemovalTests : IDisposable
{
    readonly TestFolder _folder = new();
    readonly TestFolder _source = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Start_AfterARemovalThatWasCutOff_RemovesTheImagesToo()
    {
        await using (var first = await TestServer.Start(_folder))
        {
            await first.PushImage("shop/web", "v1");
            await first.PushImage("other/web", "v1");
            await first.PushImage("shop/deep/er", "v1");
            // As a server leaves it that is killed when nothing of the app runs any more.
            await first.Host.App.Services.GetRequiredService<Database.Database>().Write(db => { db.Execute("INSERT INTO removals (app) VALUES ('shop')"); }, Cancel);
        }

        await using var second = await TestServer.Start(_folder);

        var rollouts = second.Host.App.Services.GetRequiredService<Rollouts>();
        await Eventually.Is(() => rollouts.Removals().Count == 0);
        second.Host.App.Services.GetRequiredService<ImageCatalog>().Repositories().ShouldBe(["other/web", "shop/deep/er"]);
    }

    [Fact]
    public async Task Remove_TakesTheImages_AndFreesTheName()
    {
        _source.Write("compose.yaml", "services:\n  web:\n    build: .\n");
        _source.Write("Dockerfile", "FROM scratch\nCOPY compose.yaml /\n");
        await using var server = await TestServer.Start(_folder);
        await using var engine = new LeavingEngine(Path.Combine(_folder.Path, "no-engine.sock"), "");
        await Deploy(server);
        await server.PushImage("shop/web", "v1");

        (await server.Client.DeleteAsync("/api/v1/apps/shop", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        server.Host.App.Services.GetRequiredService<ImageCatalog>().Repositories().ShouldBeEmpty();
        await Deploy(server);
    }

    async Task Deploy(TestServer server)
    {
        using var answer = await server.Client.PostAsync("/api/v1/apps/shop/rollouts",
            new StringContent($$"""{"source": {"directory": "{{_source.Path}}"} }""", Encoding.UTF8, "application/json"), Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var rollout = (await answer.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!;
        await server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
    }
}
