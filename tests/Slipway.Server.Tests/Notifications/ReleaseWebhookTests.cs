using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Model;
using Slipway.Server.Notifications;

namespace Slipway.Server.Tests.Notifications;

/// <summary>Whole servers that post to real receivers. What happens is a freeze of the platform, because no engine is there.</summary>
public sealed class ReleaseWebhookTests : IAsyncLifetime
{
    const string Hooks = "/api/v1/webhooks";

    readonly TestFolder _folder = new();
    TestServer _server = null!;
    Receiver _receiver = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _folder.Write("slipway.yaml", "webhooks: {timeout: 500ms, firstWait: 20ms, longestWait: 100ms}\n");
        _server = await TestServer.Start(_folder);
        _receiver = await Receiver.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _receiver.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Event_IsPosted_SignedAndAsACloudEvent()
    {
        var secret = (await Add())["secret"]!.GetValue<string>();

        await Freeze("black friday");

        await Eventually.Is(() => !_receiver.Deliveries.IsEmpty);
        var came = _receiver.Deliveries.Single();
        came.Headers["content-type"].ShouldStartWith("application/cloudevents+json");
        var message = JsonNode.Parse(came.Body)!;
        message["type"]!.GetValue<string>().ShouldBe("slipway.release.frozen");
        message["data"]!["text"]!.GetValue<string>().ShouldBe("black friday");
        message["source"]!.GetValue<string>().ShouldStartWith("urn:uuid:");
        var signed = Encoding.UTF8.GetBytes($"{came.Headers["webhook-id"]}.{came.Headers["webhook-timestamp"]}.").Concat(came.Body).ToArray();
        came.Headers["webhook-signature"].ShouldBe("v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), signed)));
        await Eventually.Is(async () => (await Hook())["delivered"]!.GetValue<int>() == 1);
    }

    [Fact]
    public async Task Event_BeforeTheWebhook_OrOfAnotherType_IsNotPosted()
    {
        await Freeze("before");
        await Add(events: ["unfrozen"]);

        await Freeze("after");
        await Unfreeze();

        await Eventually.Is(() => !_receiver.Deliveries.IsEmpty);
        Came().ShouldBe(["unfrozen"]);
    }

    [Fact]
    public async Task Receiver_Fails_IsTriedAgain_InOrder_WithTheSameIds()
    {
        await Add();
        _receiver.Answer = 503;
        await Freeze("one");
        await Freeze("two");
        await Eventually.Is(() => _receiver.Deliveries.Count >= 3);
        var failing = await Hook();
        failing["error"]!.GetValue<string>().ShouldContain("503");
        failing["waiting"]!.GetValue<int>().ShouldBe(2);

        _receiver.Answer = 200;
        await Eventually.Is(async () => (await Hook()) is var hook && hook["waiting"]!.GetValue<int>() == 0 && hook["error"] is null);

        Taken().ShouldBe(["one", "two"]);
        _receiver.Deliveries.Select(one => (one.Headers["webhook-id"], Convert.ToHexString(one.Body))).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Receiver_Slow_IsAFailure_AndHoldsBackNobodyElse()
    {
        await using var other = await Receiver.Start();
        await Add();
        await Add("other", other.Url);
        var gate = new TaskCompletionSource();
        _receiver.Gate = gate.Task;
        await Freeze("one");
        await Freeze("two");

        await Eventually.Is(() => other.Deliveries.Count == 2);
        await Eventually.Is(async () => (await Hook())["error"]?.GetValue<string>() is { } error && error.Contains("did not answer within 0.5 s", StringComparison.Ordinal));
        gate.SetResult();

        await Eventually.Is(async () => (await Hook())["delivered"]!.GetValue<int>() == 2);
    }

    [Fact]
    public async Task Server_Restarted_SendsWhatWaited_AndWhatHappenedMeanwhileOnce()
    {
        await Add();
        _receiver.Answer = 500;
        await Freeze("one");
        await Eventually.Is(() => !_receiver.Deliveries.IsEmpty);

        await _server.DisposeAsync();
        _receiver.Answer = 200;
        _server = await TestServer.Start(_folder);
        await Freeze("two");

        await Eventually.Is(async () => (await Hook())["delivered"]!.GetValue<int>() == 2);
        Taken().ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Delivery_RefusedForItsContent_IsDeadAndShown_TheNextComes_AndItIsSentAgainWhenAPersonSaysSo()
    {
        await Add();
        _receiver.Decide = one => Text(one) == "poison" ? 400 : 200;
        await Freeze("poison");
        await Freeze("next");
        await Eventually.Is(async () => (await Hook())["dead"]!.GetValue<int>() == 1 && Taken().Contains("next"));
        var dead = (await List($"{Hooks}/ci/deliveries?state=dead")).Single()!;
        (dead["type"]!.GetValue<string>(), dead["attempts"]!.GetValue<int>(), dead["status"]!.GetValue<int>()).ShouldBe(("frozen", 5, 400));

        _receiver.Decide = null;
        (await _server.Client.PostAsync($"{Hooks}/ci/resend?id={dead["event"]}", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.Is(() => Taken().Contains("poison"));
        (await _server.Client.PostAsync($"{Hooks}/ci/resend", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(false, "one,two,three")]
    [InlineData(true, "three")]
    public async Task Receiver_Gone_IsDisabledWithItsReason_UntilAPersonEnablesIt(bool fromNow, string expected)
    {
        await Add();
        _receiver.Answer = 410;
        await Freeze("one");
        await Eventually.Is(async () => (await Hook())["disabled"]?.GetValue<string>() is { } why && why.Contains("410", StringComparison.Ordinal));
        await Freeze("two");

        _receiver.Answer = 200;
        (await _server.Client.PostAsync($"{Hooks}/ci/enable?fromNow={fromNow}", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Freeze("three");

        await Eventually.Is(() => Taken().Contains("three"));
        Taken().ShouldBe(expected.Split(','));
        (await _server.Client.PostAsync($"{Hooks}/ci/enable", null, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Test_SaysWhatTheReceiverSaid_AndTellsOfNothing()
    {
        await Add();
        (await Send(HttpMethod.Post, $"{Hooks}/ci/test"))["accepted"]!.GetValue<bool>().ShouldBeTrue();
        Came().ShouldBe(["test"]);
        _receiver.Answer = 404;
        (await Send(HttpMethod.Post, $"{Hooks}/ci/test"))["error"]!.GetValue<string>().ShouldContain("404");
    }

    [Fact]
    public async Task Webhook_Slack_GetsALineOfText_AndItsAddressIsShownNowhere()
    {
        var hook = await Add(url: _receiver.Url + "/T0/B0/hidden", format: "slack");
        hook["url"]!.GetValue<string>().ShouldEndWith("/events/...");

        (await Send(HttpMethod.Post, $"{Hooks}/ci/test"))["status"]!.GetValue<int>().ShouldBe(200);

        JsonNode.Parse(_receiver.Deliveries.Single().Body)!["text"]!.GetValue<string>().ShouldContain("this is a test");
        (await _server.Client.GetStringAsync(Hooks, Cancel)).ShouldNotContain("hidden");
        (await _server.Client.GetStringAsync("/api/v1/registry/audit?limit=10", Cancel)).ShouldNotContain("hidden");
        foreach (var file in Directory.GetFiles(_folder.Path, "slipway.db*")) Encoding.Latin1.GetString(await ReadShared(file)).ShouldNotContain("hidden");
    }

    [Fact]
    public async Task Add_BadInput_IsNamedByKey()
    {
        var answer = await _server.Client.PostAsJsonAsync(Hooks, new { url = "http://169.254.169.254/", events = (string[])["exploded"], format = "xml", secret = "short" }, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["diagnostics"]!.AsArray().Select(one => one!["key"]!.GetValue<string>()).ShouldBe(["url", "events", "format", "secret"]);
    }

    [Fact]
    public async Task Webhook_OfARemovedApp_GetsItsRemovalAndGoes()
    {
        using var source = new TestFolder();
        source.Write("compose.yaml", "services:\n  web:\n    image: debian:bookworm-slim\n");
        await using var engine = new Builds.LeavingEngine(Path.Combine(_folder.Path, "no-engine.sock"), "");
        var rollout = await Send(HttpMethod.Post, "/api/v1/apps/shop/rollouts", $$"""{"source": {"directory": "{{source.Path}}"} }""");
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout["id"]}/events?follow=true", Cancel);
        await Add(place: "/api/v1/apps/shop/webhooks");

        (await _server.Client.DeleteAsync("/api/v1/apps/shop", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await Eventually.Is(() => Came().Contains("removed"));
        (await List("/api/v1/apps/shop/webhooks")).ShouldBeEmpty();
        var database = _server.Host.App.Services.GetRequiredService<Database.Database>();
        await Eventually.Is(() => database.Read(db => db.ExecuteScalar<long>("SELECT count(*) FROM release_webhooks") + db.ExecuteScalar<long>("SELECT count(*) FROM release_deliveries")) == 0);
    }

    [Fact]
    public async Task Outbox_TakenTwice_StoresEachEventOnce()
    {
        _receiver.Answer = 500;
        await Add();
        await Freeze("one");
        var services = _server.Host.App.Services;
        var (database, outbox) = (services.GetRequiredService<Database.Database>(), services.GetRequiredService<ReleaseOutbox>());
        await Eventually.Is(async () => (await List($"{Hooks}/ci/deliveries")).Count == 1);

        // As if it had been killed between reading and writing: the same row, from before.
        var stale = database.Read(ReleaseWebhookRow.All).Single() with { Position = 0 };
        await outbox.Take(stale, outbox.Last(), Cancel);

        (await List($"{Hooks}/ci/deliveries")).Count.ShouldBe(1);
    }

    Task<JsonNode> Add(string name = "ci", string? url = null, string[]? events = null, string? format = null, string place = Hooks) =>
        Send(HttpMethod.Post, place, new JsonObject { ["name"] = name, ["url"] = url ?? _receiver.Url, ["events"] = new JsonArray([.. (events ?? []).Select(one => (JsonNode)one)]), ["format"] = format }.ToJsonString());

    Task<JsonNode> Freeze(string reason) => Send(HttpMethod.Put, "/api/v1/freeze", new JsonObject { ["reason"] = reason }.ToJsonString());

    async Task Unfreeze() => (await _server.Client.DeleteAsync("/api/v1/freeze", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

    async Task<JsonNode> Hook(string name = "ci") => (await List(Hooks)).Single(one => one!["name"]!.GetValue<string>() == name)!;

    async Task<JsonArray> List(string path) => JsonNode.Parse(await _server.Client.GetStringAsync(path, Cancel))!.AsArray();

    async Task<JsonNode> Send(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await _server.Client.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonNode.Parse(text)!;
    }

    IEnumerable<string> Came() => _receiver.Deliveries.Select(one => JsonNode.Parse(one.Body)!["type"]!.GetValue<string>()["slipway.release.".Length..]);

    /// <summary>The reasons of the freezes that the receiver has taken, in their order.</summary>
    IReadOnlyList<string> Taken() => [.. _receiver.Deliveries.Where(one => one.Answer < 300).Select(Text)];

    static string Text(Delivered one) => JsonNode.Parse(one.Body)!["data"]!["text"]!.GetValue<string>();

    static async Task<byte[]> ReadShared(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        await file.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }
}
