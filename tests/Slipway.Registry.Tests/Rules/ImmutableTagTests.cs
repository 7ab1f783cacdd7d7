using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Rules;

namespace Slipway.Registry.Tests.Rules;

public sealed class ImmutableTagTests : IAsyncLifetime
{
    RegistryHost _host = null!;

    ProjectRules Rules => _host.Services.GetRequiredService<ProjectRules>();

    HttpClient Client => _host.Client;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start(options => options with { PassingTags = "rollout-" });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    Task<ImmutableRule> Make(string tags, string repositories = "**") =>
        Rules.AddImmutable("shop", new ImmutableRule { Repositories = repositories, Tags = tags }, new Caller("admin"), CancellationToken.None);

    [Fact]
    public async Task Push_ImmutableTagToAnotherDigest_IsDeniedWithTheRule_AndTheTagStays()
    {
        var first = await Client.PushImage("shop/web", "v1", seed: 1);
        await Make("v*");
        var manifest = await Client.ImageManifest("shop/web", seed: 2);

        var refused = await Client.PutManifest("shop/web", "v1", manifest);

        await refused.ShouldBeRefused(403, "DENIED");
        (await refused.Text()).ShouldContain("shop/web:v1 is immutable (rule **:v*)");
        (await Client.GetAsync("/v2/shop/web/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(first);
        (await Client.GetAsync($"/v2/shop/web/manifests/{Registry.Tests.Client.Sha256(System.Text.Encoding.UTF8.GetBytes(manifest))}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Push_SameDigestOrNewTagOrOtherRepository_IsFine()
    {
        await Make("v*", "shop/web");
        var manifest = await Client.ImageManifest("shop/web", seed: 1);
        (await Client.PutManifest("shop/web", "v1", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Client.PutManifest("shop/web", "v1", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await Client.PushImage("shop/web", "latest", seed: 2);
        await Client.PushImage("shop/web", "latest", seed: 3);
        await Client.PushImage("shop/api", "v1", seed: 4);
        await Client.PushImage("shop/api", "v1", seed: 5);
    }

    [Fact]
    public async Task Delete_WhatAnImmutableTagNeeds_IsDenied()
    {
        var digest = await Client.PushImage("shop/web", "v1", seed: 1);
        var layer = Registry.Tests.Client.Sha256(Registry.Tests.Client.Random(1000, 1));
        await Make("v1");

        await (await Client.DeleteAsync("/v2/shop/web/manifests/v1")).ShouldBeRefused(403, "DENIED");
        await (await Client.DeleteAsync($"/v2/shop/web/manifests/{digest}")).ShouldBeRefused(403, "DENIED");
        await (await Client.DeleteAsync($"/v2/shop/web/blobs/{layer}")).ShouldBeRefused(403, "DENIED");
        await Should.ThrowAsync<RuleRefusedException>(() => _host.Catalog.DeleteRepository("shop/web"));
        (await Client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Client.GetAsync($"/v2/shop/web/blobs/{layer}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Client.DeleteAsync("/v2/shop/web/manifests/none")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_EntryOfAnImmutableIndex_IsDenied()
    {
        var child = await Client.PushImage("shop/web", "tmp", seed: 1);
        var size = (await Client.GetByteArrayAsync($"/v2/shop/web/manifests/{child}")).Length;
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Registry.Tests.Client.OciIndex}}","manifests":[{"mediaType":"{{Registry.Tests.Client.OciImage}}","digest":"{{child}}","size":{{size}}}]}""";
        (await Client.PutManifest("shop/web", "v1", index, Registry.Tests.Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await Make("v1");

        await (await Client.DeleteAsync($"/v2/shop/web/manifests/{child}")).ShouldBeRefused(403, "DENIED");
        await (await Client.DeleteAsync($"/v2/shop/web/blobs/{Registry.Tests.Client.Sha256(Registry.Tests.Client.Random(1000, 1))}")).ShouldBeRefused(403, "DENIED");
    }

    [Fact]
    public async Task PushesAtTheSameTime_ToOneImmutableTag_ExactlyOneWins()
    {
        await Make("**");
        var manifests = new List<string>();
        for (var seed = 0; seed < 8; seed++) manifests.Add(await Client.ImageManifest("shop/web", seed));

        var answers = await Task.WhenAll(manifests.Select(manifest => Client.PutManifest("shop/web", "v1", manifest)));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Forbidden).ShouldBe(7);
        var winner = answers.Single(answer => answer.StatusCode == HttpStatusCode.Created).Header("Docker-Content-Digest");
        (await Client.GetAsync("/v2/shop/web/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(winner);
    }

    [Fact]
    public async Task PassingTags_AreNeverImmutable()
    {
        await Make("**");
        await Client.PushImage("shop/web", "rollout-1", seed: 1);
        await Client.PushImage("shop/web", "rollout-1", seed: 2);
        (await _host.Catalog.Untag("shop/web", "rollout-1")).ShouldBeTrue();
    }

    [Fact]
    public async Task Lifted_TheTagMoves_AndBothChangesAreRecorded()
    {
        await Client.PushImage("shop/web", "v1", seed: 1);
        var rule = await Make("v*");
        (await Make("v*")).Id.ShouldBe(rule.Id);
        await Rules.RemoveImmutable("shop", rule.Id, new Caller("anna"), CancellationToken.None);
        await Client.PushImage("shop/web", "v1", seed: 2);

        var events = _host.Services.GetRequiredService<EventLog>().After(0, 1000).Where(one => one.Target == "immutable tags").ToList();
        events.Select(one => (one.Action, one.Actor, one.Detail)).ShouldBe([("create", "admin", "shop: **:v*"), ("delete", "anna", "shop: **:v*")]);
        (await Should.ThrowAsync<NotFoundException>(() => Rules.RemoveImmutable("shop", rule.Id, Caller.Server, CancellationToken.None))).Message.ShouldContain("no rule");
    }

    [Theory]
    [InlineData("other/*", "**", "repositories")]
    [InlineData("**", "v[0-9]", "tags")]
    [InlineData("", "**", "repositories")]
    public async Task Add_PatternsOfAnotherProjectOrMalformed_AreNamed(string repositories, string tags, string key) =>
        (await Should.ThrowAsync<InvalidInputException>(() => Make(tags, repositories))).Diagnostics.Single().Key.ShouldBe(key);
}
