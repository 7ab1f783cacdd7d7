using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry;
using Slipway.Registry.Images;
using Slipway.Registry.Signatures;
using Slipway.Releases;
using Slipway.Server.Tests.Apps;

namespace Slipway.Server.Tests.Builds;

/// <summary>Deploys under a policy, with an engine that really pushes to the server's registry.</summary>
public sealed class DeployGateTests : IAsyncLifetime
{
    const string Signed = """{"requireSignature":true}""";

    readonly TestFolder _source = new();
    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    TestServer _server = null!;
    ShippingEngine _engine = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Registry => new Uri(_server.Host.Url).Authority;

    ReleaseQueries Releases => _server.Host.App.Services.GetRequiredService<ReleaseQueries>();

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.Start();
        _engine = await ShippingEngine.Start(_server);
        _source.Write("Dockerfile", "FROM scratch\nCOPY compose.yaml /\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _engine.DisposeAsync();
        _source.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task Deploy_UnsignedImageUnderAPolicy_IsRefused_AndNothingIsStarted()
    {
        var digest = await PushTeamImage();
        await Set("projects/shop/policy", Signed);

        var rollout = await DeployToTheEnd();

        rollout.State.ShouldBe(RolloutState.Failed);
        rollout.Release.ShouldBeNull();
        var error = rollout.Error.ShouldNotBeNull();
        error.ShouldContain("services.web.image: ");
        error.ShouldMatch($@"{Registry}/team/web:1 \(shop/web@sha256:[0-9a-f]{{64}}\) is unsigned");
        error.ShouldContain("signature by any trusted key (policy of the project shop)");
        error.ShouldContain("cosign sign");
        Releases.Releases(AppName.Parse("shop")).ShouldBeEmpty();
        _engine.Creations.ShouldBe(0);

        // The next release that is made has the first number.
        await _server.PushSignature("team/web", digest, _key);
        await Trust("release");
        (await DeployToARelease()).Number.ShouldBe(1);
    }

    [Fact]
    public async Task Deploy_PreviewOfAnAppUnderAPolicy_IsHeldToIt()
    {
        await PushTeamImage();
        await Set("projects/shop/policy", Signed);
        await _server.HasLive("shop");

        using var answer = await _server.Client.PostAsync("/api/v1/apps/shop/previews",
            new StringContent($$"""{"name": "pr-1", "source": {"directory": "{{_source.Path}}"} }""", Encoding.UTF8, "application/json"), Cancel);
        var begun = (await answer.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!;
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{begun.Id}/events?follow=true", Cancel);

        var error = Releases.Rollout(begun.Id)!.Error.ShouldNotBeNull();
        error.ShouldContain("shop--pr-1/web@sha256:");
        error.ShouldContain("is unsigned");
        error.ShouldContain("policy of the project shop");
        _engine.Creations.ShouldBe(0);
    }

    [Fact]
    public async Task Deploy_ImageThatNobodyCanScanUnderAPolicyThatAsksForIt_IsRefused()
    {
        await PushTeamImage();
        await Set("projects/shop/policy", """{"maxSeverity":"high"}""");

        var error = (await DeployToTheEnd()).Error.ShouldNotBeNull();

        // It has no layer.
        error.ShouldContain("can't be scanned: it is no image with files");
        error.ShouldContain("no vulnerability above high (policy of the project shop)");
        _engine.Creations.ShouldBe(0);
    }

    [Fact]
    public async Task Deploy_ImageSignedInItsOwnRepository_Passes()
    {
        await _server.PushSignature("team/web", await PushTeamImage(), _key);
        await Trust("release");
        await Set("projects/shop/policy", """{"requireSignature":true,"keys":["release"],"sameRepository":true}""");

        (await DeployToARelease()).Images["web"].ShouldStartWith("shop/web@sha256:");
    }

    [Fact]
    public async Task Deploy_SignedByAKeyThatDoesNotCount_IsRefusedAndSaysSo()
    {
        await _server.PushSignature("team/web", await PushTeamImage(), _key);
        await Set("policy", Signed);
        (await DeployToTheEnd()).Error.ShouldNotBeNull().ShouldContain("no trusted key has made it");

        await Trust("release");
        await Set("policy", """{"requireSignature":true,"keys":["slipway"]}""");
        var error = (await DeployToTheEnd()).Error.ShouldNotBeNull();
        error.ShouldContain("it is by 'release', which the policy does not name");
        error.ShouldContain("signature by slipway (policy of the platform)");

        await Set("policy", """{"requireSignature":true,"sameRepository":true}""");
        await _server.PushSignature("team/web", Digest.Parse((await _server.PushImage("team/web", "1")).Value), _key, "registry.example.com/other/web:2");
        (await DeployToTheEnd()).Error.ShouldNotBeNull().ShouldContain("it is by 'release', but for 'registry.example.com/other/web:2'");
    }

    [Fact]
    public async Task Deploy_ImageFromOutside_IsRefused_AndSaysWhatToDo()
    {
        _source.Write("compose.yaml", "services:\n  web:\n    image: quay.io/team/web:1\n");
        _engine.Has("quay.io/team/web:1", "quay.io/team/web@sha256:" + new string('1', 64));
        await Set("policy", Signed);

        var error = (await DeployToTheEnd()).Error.ShouldNotBeNull();

        error.ShouldContain("it came from quay.io, and this registry has no signature of it");
        error.ShouldContain("bring it into this registry with its signatures");
    }

    [Fact]
    public async Task Deploy_ImageFromOutside_WhoseCopyHereIsSigned_Passes()
    {
        var digest = await _server.PushImage("mirror/web", "1");
        await _server.PushSignature("mirror/web", digest, _key);
        await Trust("release");
        await Set("policy", Signed);
        _source.Write("compose.yaml", "services:\n  web:\n    image: quay.io/team/web:1\n");
        _engine.Has("quay.io/team/web:1", $"quay.io/team/web@{digest}");

        (await DeployToARelease()).Images["web"].ShouldNotContain(digest.Hex);
    }

    [Fact]
    public async Task Deploy_BuiltHere_IsSignedAndPasses()
    {
        _source.Write("compose.yaml", "services:\n  web:\n    build: .\n");
        await Set("policy", """{"requireSignature":true,"keys":["slipway"]}""");

        var release = await DeployToARelease();

        var details = await _server.Host.App.Services.GetRequiredService<ImageInspection>().Inspect(release.Images["web"], null, Cancel);
        var signature = details.Signatures.ShouldHaveSingleItem();
        (signature.State, signature.Signer, signature.Identity).ShouldBe((SignatureState.Trusted, "slipway", $"{Registry}/shop/web"));
        _server.Host.App.Services.GetRequiredService<ImageCatalog>().Tags("shop/web").ShouldContain($"sha256-{details.Digest.Hex}.sig");
    }

    [Fact]
    public async Task Deploy_WithoutAPolicy_TakesEverything()
    {
        await PushTeamImage();

        (await DeployToARelease()).Number.ShouldBe(1);
    }

    [Fact]
    public async Task Deploy_ProjectsPolicyInPlaceOfThePlatforms_Holds()
    {
        await PushTeamImage();
        await Set("policy", Signed);
        await Set("projects/shop/policy", "{}");
        (await DeployToTheEnd()).State.ShouldBe(RolloutState.Failed);

        await Set("projects/shop/policy", """{"replacesPlatform":true}""");

        (await DeployToARelease()).Number.ShouldBe(1);
    }

    /// <summary>team/web:1, which the engine has pulled from here.</summary>
    async Task<Digest> PushTeamImage()
    {
        var digest = await _server.PushImage("team/web", "1");
        _engine.Has($"{Registry}/team/web:1", $"{Registry}/team/web@{digest}");
        _source.Write("compose.yaml", $"services:\n  web:\n    image: {Registry}/team/web:1\n");
        return digest;
    }

    async Task Trust(string name)
    {
        using var answer = await _server.Client.PostAsJsonAsync("/api/v1/registry/trust", new { name, key = _key.ExportSubjectPublicKeyInfoPem() }, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    async Task Set(string policy, string json)
    {
        using var answer = await _server.Client.PutAsync($"/api/v1/registry/{policy}", new StringContent(json, Encoding.UTF8, "application/json"), Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Cancel));
    }

    async Task<Rollout> Deploy()
    {
        using var answer = await _server.Client.PostAsync("/api/v1/apps/shop/rollouts",
            new StringContent($$"""{"source": {"directory": "{{_source.Path}}"} }""", Encoding.UTF8, "application/json"), Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        return (await answer.Content.ReadFromJsonAsync(ModelJson.Default.Rollout, Cancel))!;
    }

    async Task<Rollout> DeployToTheEnd()
    {
        var rollout = await Deploy();
        await _server.Client.GetStringAsync($"/api/v1/rollouts/{rollout.Id}/events?follow=true", Cancel);
        return Releases.Rollout(rollout.Id)!;
    }

    async Task<Release> DeployToARelease()
    {
        var id = (await Deploy()).Id;
        await Eventually.Is(() => Releases.Rollout(id) is { Release: not null } or { State: RolloutState.Failed });
        var rollout = Releases.Rollout(id)!;
        rollout.Release.ShouldNotBeNull(rollout.Error);
        return Releases.Release(rollout.App, rollout.Release!.Value)!;
    }
}
