using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Delivery;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Notifications;

namespace Slipway.Registry.Tests.Notifications;

public sealed class WebhookTests : IAsyncLifetime
{
    RegistryHost _registry = null!;
    Receiver _receiver = null!;

    Webhooks Hooks => _registry.Services.GetRequiredService<Webhooks>();

    public async ValueTask InitializeAsync()
    {
        _registry = await RegistryHost.Start(options => options with
        {
            Webhooks = new WebhookOptions { Look = TimeSpan.FromMilliseconds(10), FirstWait = TimeSpan.FromMilliseconds(10), LongestWait = TimeSpan.FromMilliseconds(50) },
        });
        _receiver = await Receiver.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task Push_IsDelivered_InDistributionsFormat()
    {
        await Add();
        var digest = await _registry.Client.PushImage("team/app", "1.0");

        await Until(() => Taken().Any(one => one.Tag == "1.0"));

        Taken().ShouldContain(("push", "1.0", digest, "team/app"));
        var delivery = _receiver.Deliveries.First(one => one.Events().Any(happened => happened.Tag == "1.0"));
        delivery.Headers["content-type"].ShouldBe("application/vnd.docker.distribution.events.v2+json");
        using var json = JsonDocument.Parse(delivery.Body);
        var pushed = json.RootElement.GetProperty("events").EnumerateArray().Single(one => one.GetProperty("target").TryGetProperty("tag", out _));
        pushed.GetProperty("target").GetProperty("mediaType").GetString().ShouldBe(Client.OciImage);
        pushed.GetProperty("target").GetProperty("size").GetInt64().ShouldBe(pushed.GetProperty("target").GetProperty("length").GetInt64());
        pushed.GetProperty("request").GetProperty("method").GetString().ShouldBe("PUT");
        pushed.GetProperty("actor").GetProperty("name").GetString().ShouldBe("anonymous");
        pushed.GetProperty("source").GetProperty("instanceID").GetString().ShouldNotBeNullOrEmpty();
        DateTimeOffset.TryParse(pushed.GetProperty("timestamp").GetString(), CultureInfo.InvariantCulture, out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Delivery_Signature_IsThatOfItsBody()
    {
        var hook = await Add();
        await _registry.Client.PushImage("team/app", "1.0");
        await Until(() => !_receiver.Deliveries.IsEmpty);

        var delivery = _receiver.Deliveries.First();
        var signed = Encoding.UTF8.GetBytes($"{delivery.Headers["webhook-id"]}.{delivery.Headers["webhook-timestamp"]}.").Concat(delivery.Body).ToArray();
        var key = Convert.FromBase64String(hook.Secret!["whsec_".Length..]);
        delivery.Headers["webhook-signature"].ShouldBe("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
    }

    [Fact]
    public async Task Delivery_Refused_IsTriedAgainUntilItIsTaken_InOrder_AndNothingIsLost()
    {
        await Add();
        _receiver.Answer = 503;
        var digests = new List<string>();
        for (var i = 0; i < 5; i++) digests.Add(await _registry.Client.PushImage("team/app", $"v{i}", i));
        await Until(() => _receiver.Deliveries.Count >= 3);
        Hooks.List().Single().Error.ShouldNotBeNull().ShouldContain("503");

        _receiver.Answer = 204;
        await Until(() => Hooks.List().Single() is { Waiting: 0, Failures: 0 });

        Taken().Where(one => one.Tag is not null).Select(one => one.Digest).ShouldBe(digests);
        // The same events are the same delivery.
        var refused = _receiver.Deliveries.Where(one => one.Answer == 503).ToList();
        refused.Select(one => one.Headers["webhook-id"]).Distinct().ShouldHaveSingleItem();
        refused.Select(one => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('|', one.Events()))))).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Delivery_ServerRestartsBeforeIt_ComesAfterwards()
    {
        await Add();
        _receiver.Answer = 500;
        var digest = await _registry.Client.PushImage("team/app", "1.0");
        await Until(() => !_receiver.Deliveries.IsEmpty);

        await _registry.Restart();
        _receiver.Answer = 200;

        await Until(() => Taken().Any(one => one.Digest == digest && one.Tag == "1.0"));
    }

    [Fact]
    public async Task Delivery_RefusedForADay_IsDroppedAndCounted_AndTheNextOnesCome()
    {
        await Add();
        _receiver.Answer = 400;
        await _registry.Client.PushImage("team/app", "lost");
        await Until(() => Hooks.List().Single().Failures > 0);

        await Until(() =>
        {
            // Each delivery has a day of its own.
            if (Hooks.List().Single() is { Failures: > 0 }) _registry.Time.Ahead += TimeSpan.FromDays(2);
            return Hooks.List().Single() is { Dropped: 3, Waiting: 0 };
        });
        _receiver.Answer = 200;
        await _registry.Client.PushImage("team/app", "next", 2);

        await Until(() => Taken().Any(one => one.Tag == "next"));
        Taken().ShouldNotContain(one => one.Tag == "lost");
    }

    [Fact]
    public async Task Events_OfOtherProjectsAndOtherActions_AreNotSent()
    {
        await Add(project: "team", actions: ["delete"]);
        await _registry.Client.PushImage("team/app", "1.0");
        await _registry.Client.PushImage("teamwork/app", "1.0");
        await _registry.Client.Send("DELETE", "/v2/teamwork/app/manifests/1.0");
        await _registry.Client.Send("DELETE", "/v2/team/app/manifests/1.0");

        await Until(() => Hooks.List().Single() is { Delivered: 1, Waiting: 0 });

        Taken().ShouldBe([("delete", "1.0", null, "team/app")]);
    }

    [Fact]
    public async Task Mount_TellsWhereFrom()
    {
        var blob = await _registry.Client.PushBlob("team/base", Client.Random(100));
        await Add(actions: ["mount"]);
        (await _registry.Client.Send("POST", $"/v2/team/app/blobs/uploads/?mount={blob}&from=team/base")).StatusCode.ShouldBe(HttpStatusCode.Created);

        await Until(() => !_receiver.Deliveries.IsEmpty);
        Encoding.UTF8.GetString(_receiver.Deliveries.Single().Body).ShouldContain("\"fromRepository\":\"team/base\"");
    }

    [Fact]
    public async Task Delivery_ReceiverIsAway_SaysSo()
    {
        await Hooks.Add(new WebhookRequest { Name = "away", Url = "http://127.0.0.1:1/" }, Caller.Server, default);
        await _registry.Client.PushImage("team/app", "1.0");
        await Until(() => Hooks.List().Single().Failures > 0);
        Hooks.List().Single().Error.ShouldNotBeNull().ShouldContain("can't be reached");
        (await Hooks.Try("away", default)).Accepted.ShouldBeFalse();
    }

    [Fact]
    public async Task Try_SendsAnEmptyEnvelope()
    {
        await Add();
        (await Hooks.Try("ci", default)).ShouldBe(new WebhookTrial(true, 200, null));
        _receiver.Deliveries.Single().Events().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Bad Name", "https://x.example", null, "push", "name")]
    [InlineData("ci", "ftp://x.example", null, "push", "url")]
    [InlineData("ci", "https://user:secret@x.example", null, "push", "url")]
    [InlineData("ci", "/relative", null, "push", "url")]
    [InlineData("ci", "https://x.example", "two/segments", "push", "project")]
    [InlineData("ci", "https://x.example", null, "pushed", "actions")]
    public async Task Add_BadInput_NamesTheKey(string name, string url, string? project, string action, string key)
    {
        var error = await Should.ThrowAsync<InvalidInputException>(() => Hooks.Add(new WebhookRequest { Name = name, Url = url, Project = project, Actions = [action] }, Caller.Server, default));
        error.Diagnostics.Single().Key.ShouldBe(key);
        error.Message.ShouldNotContain("secret");
        Hooks.List().ShouldBeEmpty();
    }

    [Fact]
    public async Task Add_NameThatIsTaken_IsAConflict()
    {
        await Add();
        await Should.ThrowAsync<ConflictException>(() => Add());
    }

    [Fact]
    public async Task Remove_Unknown_SaysWhichThereAre()
    {
        await Add();
        (await Should.ThrowAsync<NotFoundException>(() => Hooks.Remove("cd", Caller.Server, default))).Message.ShouldContain("ci");
    }

    Task<WebhookStatus> Add(string? project = null, IReadOnlyList<string>? actions = null) =>
        Hooks.Add(new WebhookRequest { Name = "ci", Url = _receiver.Url, Project = project, Actions = actions ?? [] }, Caller.Server, default);

    IEnumerable<(string Action, string? Tag, string? Digest, string? Repository)> Taken() =>
        _receiver.Deliveries.Where(delivery => delivery.Answer < 300).SelectMany(delivery => delivery.Events());

    static async Task Until(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20), "never came true");
            await Task.Delay(5);
        }
    }
}
