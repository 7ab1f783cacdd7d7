using System.Net.Http.Json;
using System.Text;
using Slipway.Model;

namespace Slipway.Server.Tests.Builds;

/// <summary>A deploy whose engine goes away in the middle of the build: it ends as failed, says so, and leaves the way free for the next.</summary>
public sealed class EngineGoneTests : IAsyncLifetime
{
    const string Begun = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

    readonly TestFolder _source = new();
    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        _source.Write("compose.yaml", "services:\n  web:\n    build: .\n");
        _source.Write("Dockerfile", "FROM scratch\nCOPY compose.yaml /\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _source.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData(Begun)]
    [InlineData(Begun + "17\r\n{\"stream\":\"Step 1/2\\n\"}\n\r\n")]
    [InlineData(Begun + "17\r\n{\"stream\":\"St")]
    public async Task Deploy_EngineGoesAwayInTheBuild_FailsAndSaysWhatToDo(string answer)
    {
        await using var engine = new LeavingEngine(Path.Combine(_server.Data.Path, "no-engine.sock"), answer);

        var rollout = await DeployToTheEnd();

        rollout.State.ShouldBe(RolloutState.Failed);
        rollout.Error.ShouldNotBeNull().ShouldContain($"The connection to the Docker Engine at unix://{_server.Data.Path}/no-engine.sock broke");
        rollout.Error.ShouldContain("deploy again when the engine is back");
        rollout.Release.ShouldBeNull();
        await engine.Cancelled.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        (await DeployToTheEnd()).Id.ShouldNotBe(rollout.Id);
    }

    async Task<Rollout> DeployToTheEnd()
    {
        using var answer = await _server.Client.PostAsync("/api/v1/apps/shop/rollouts",
            new StringContent($$"""{"source": {"directory": "{{_source.Path}}"} }""", Encoding.UTF8, "application/json"), Cancel);
        var rollout = (await answer.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!;
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
        return (await _server.Client.GetFromJsonAsync($"/api/v1/rollouts/{rollout.Id}", ModelJson.Default.Rollout, Cancel))!;
    }
}
