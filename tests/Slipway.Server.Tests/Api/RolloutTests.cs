using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Slipway.Model;
using Slipway.Server.Api;

namespace Slipway.Server.Tests.Api;

/// <summary>A deploy's way through the API and the builder, on a machine without an engine: it has to end as failed, and say why.</summary>
public sealed class RolloutTests : IAsyncLifetime
{
    readonly TestFolder _source = new();
    TestServer _server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        _source.Write("compose.yaml", "services:\n  web:\n    image: debian:bookworm-slim\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _source.Dispose();
    }

    [Fact]
    public async Task Deploy_IsAcceptedWithItsPlace()
    {
        using var answer = await Deploy();

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var rollout = (await answer.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!;
        answer.Headers.Location!.ToString().ShouldBe($"/api/v1/rollouts/{rollout.Id}");
        var stored = await _server.Client.GetFromJsonAsync(answer.Headers.Location, ModelJson.Default.Rollout, Cancel);
        stored!.App.ShouldBe(AppName.Parse("shop"));
    }

    [Fact]
    public async Task Deploy_NoEngine_FailsAndSaysWhy()
    {
        var id = (await (await Deploy()).Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!.Id;

        var events = await Events($"/api/v1/rollouts/{id}/events?follow=true");

        events.Select(entry => entry.Index).ShouldBe(Enumerable.Range(0, events.Count).Select(i => (long)i));
        var states = events.Select(entry => entry.Event).OfType<RolloutEvent.StateChanged>().Select(changed => changed.State);
        states.ShouldBe([RolloutState.Queued, RolloutState.Building, RolloutState.Failed]);
        var rollout = await _server.Client.GetFromJsonAsync($"/api/v1/rollouts/{id}", ModelJson.Default.Rollout, Cancel);
        rollout!.Error.ShouldNotBeNull().ShouldContain("No Docker Engine answers");
    }

    [Fact]
    public async Task Maintenance_OnAndOff_IsTheAppsOwn()
    {
        (await (await Deploy()).Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!.App.Value.ShouldBe("shop");

        using var on = await _server.Client.PutAsJsonAsync("/api/v1/apps/shop/maintenance", new MaintenanceRequest { Message = "Back at 8", RetryAfter = 600 }, ApiJson.Default.MaintenanceRequest, Cancel);
        on.StatusCode.ShouldBe(HttpStatusCode.OK);
        var status = (await _server.Client.GetFromJsonAsync("/api/v1/apps/shop", ModelJson.Default.AppStatus, Cancel))!;
        (status.Maintenance!.Message, status.Maintenance.RetryAfter).ShouldBe(("Back at 8", 600));

        using var plain = await _server.Client.PutAsync("/api/v1/apps/shop/maintenance", null, Cancel);
        plain.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await plain.Content.ReadFromJsonAsync(ModelJson.Default.Maintenance, Cancel))!.RetryAfter.ShouldBe(60);
        using var wrong = await _server.Client.PutAsJsonAsync("/api/v1/apps/shop/maintenance", new MaintenanceRequest { RetryAfter = 0 }, ApiJson.Default.MaintenanceRequest, Cancel);
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await _server.Client.DeleteAsync("/api/v1/apps/shop/maintenance", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await _server.Client.GetFromJsonAsync("/api/v1/apps/shop", ModelJson.Default.AppStatus, Cancel))!.Maintenance.ShouldBeNull();
        (await _server.Client.DeleteAsync("/api/v1/apps/nobody/maintenance", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task CanaryOperations_WithoutACanary_AreRefusedWithWhatThereIs()
    {
        var id = (await (await Deploy()).Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!.Id;
        await Events($"/api/v1/rollouts/{id}/events?follow=true");

        (await Refused(HttpMethod.Get, $"/api/v1/rollouts/{id}/canary", HttpStatusCode.NotFound)).ShouldContain("is no canary");
        (await Refused(HttpMethod.Post, "/api/v1/apps/shop/pause", HttpStatusCode.Conflict)).ShouldContain("There is no canary to pause");
        (await Refused(HttpMethod.Post, "/api/v1/apps/shop/resume", HttpStatusCode.Conflict)).ShouldContain("There is no canary to resume");
        (await Refused(HttpMethod.Post, "/api/v1/apps/shop/promote", HttpStatusCode.Conflict, """{"toStep": 2}""")).ShouldContain("Steps are what a canary has");
        (await Refused(HttpMethod.Get, "/api/v1/apps/shop/releases/1/report", HttpStatusCode.NotFound)).ShouldContain("has no release v1");
        (await _server.Client.GetFromJsonAsync($"/api/v1/rollouts/{id}", ModelJson.Default.Rollout, Cancel))!.By.ShouldBe("admin");
    }

    [Fact]
    public async Task Deploy_PortThatAnotherProgramHas_IsRefusedAndNothingIsStored()
    {
        using var program = new TcpListener(IPAddress.Loopback, 0);
        program.Start();
        var port = ((IPEndPoint)program.LocalEndpoint).Port;
        _source.Write("compose.yaml", $"services:\n  web:\n    image: debian:bookworm-slim\n    ports: ['127.0.0.1:{port}:80']\n");

        using var answer = await Deploy();

        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain($"web claims port {port}/tcp, which another program on this machine has");
        (await _server.Client.GetStringAsync("/api/v1/apps", Cancel)).ShouldBe("[]");
    }

    [Fact]
    public async Task Plan_Folder_SaysWhatADeployWouldDoAndStoresNothing()
    {
        _source.Write("compose.yaml", "services:\n  web:\n    image: debian:bookworm-slim\n    x-release: {before: {run: [migrate]}}\n");
        using var answer = await _server.Client.PostAsJsonAsync("/api/v1/apps/shop/plan", new DeployRequest { Source = new DeploySource { Directory = _source.Path } }, ApiJson.Default.DeployRequest, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var plan = (await answer.Content.ReadFromJsonAsync(ModelJson.Default.DeployPlan, Cancel))!;
        (plan.App.Value, plan.Outcome, plan.Next, plan.Services.Single().Action).ShouldBe(("shop", PlanOutcome.Release, 1, PlannedAction.Create));
        plan.Order.ShouldContain(step => step.StartsWith("web: migrate runs once", StringComparison.Ordinal));
        (await _server.Client.GetStringAsync("/api/v1/apps", Cancel)).ShouldBe("[]");
    }

    [Fact]
    public async Task Plan_WrongFiles_AreRefusedWithEveryMistake()
    {
        _source.Write("compose.yaml", "services:\n  web:\n    image: A B\n    ports: ['99999']\n");
        using var answer = await _server.Client.PostAsJsonAsync("/api/v1/apps/shop/plan", new DeployRequest { Source = new DeploySource { Directory = _source.Path } }, ApiJson.Default.DeployRequest, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        text.ShouldContain("services.web.image");
        text.ShouldContain("services.web.ports[0]");
    }

    [Fact]
    public async Task Events_FromAnIndexOn_GoesOnWhereAReaderWas()
    {
        var id = (await (await Deploy()).Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!.Id;
        var all = await Events($"/api/v1/rollouts/{id}/events?follow=true");

        var rest = await Events($"/api/v1/rollouts/{id}/events?from=1");

        rest.Select(entry => entry.Index).ShouldBe(all.Skip(1).Select(entry => entry.Index));
    }

    async Task<string> Refused(HttpMethod method, string path, HttpStatusCode status, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await _server.Client.SendAsync(request, Cancel);
        answer.StatusCode.ShouldBe(status);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    Task<HttpResponseMessage> Deploy() => _server.Client.PostAsync("/api/v1/apps/shop/rollouts",
        new StringContent($$"""{"source": {"directory": "{{_source.Path}}"} }""", Encoding.UTF8, "application/json"), Cancel);

    async Task<List<JournalEntry>> Events(string path)
    {
        using var answer = await _server.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, Cancel);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        var events = new List<JournalEntry>();
        while (await reader.ReadLineAsync(Cancel) is { } line) events.Add(JsonSerializer.Deserialize(line, ApiJson.Default.JournalEntry)!);
        return events;
    }
}
