using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using Slipway.Registry.Mirroring.Client;

namespace Slipway.Registry.Tests.Mirroring;

public sealed class RegistryClientTests : IAsyncLifetime
{
    readonly ConcurrentQueue<string> _tokenRequests = new();
    RegistryHost _host = null!;
    FaultyUpstream _registry = null!;
    FaultyUpstream _elsewhere = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await RegistryHost.Start();
        _registry = await FaultyUpstream.Before(_host.Client);
        _elsewhere = await FaultyUpstream.Before(_host.Client);
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _elsewhere.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("bot", "pw")]
    public async Task Token_IsFetchedOnceForAScope_AndSent(string? user, string? password)
    {
        await _host.Client.PushImage("team/app", "v1");
        RequireTokens(expiresIn: 300);
        using var client = Open(user, password);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.Manifest("team/app", "v1", Patience.Waiting, default)));
        (await client.Manifest("team/app", "v1", Patience.Waiting, default)).ShouldNotBeNull();

        _tokenRequests.Count.ShouldBe(1);
        _tokenRequests.Single().ShouldContain("service=loopback");
        _tokenRequests.Single().ShouldContain("scope=repository%3Ateam%2Fapp%3Apull");
        _tokenRequests.Single().EndsWith(user is null ? "|" : "|Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")), StringComparison.Ordinal).ShouldBeTrue();
    }

    [Fact]
    public async Task Token_Ended_OrRefusedEarly_IsFetchedAnew()
    {
        await _host.Client.PushImage("team/app", "v1");
        RequireTokens(expiresIn: 300);
        using var client = Open();
        await client.Manifest("team/app", "v1", Patience.Waiting, default);

        _host.Time.Ahead = TimeSpan.FromMinutes(10);
        await client.Manifest("team/app", "v1", Patience.Waiting, default);
        _tokenRequests.Count.ShouldBe(2);

        _issued++;
        (await client.Manifest("team/app", "v1", Patience.Waiting, default)).ShouldNotBeNull();
        _tokenRequests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Basic_IsSentWhereItIsAskedFor_AndWrongOnesAreSaidSo()
    {
        await _host.Client.PushImage("team/app", "v1");
        _registry.Fault = context =>
        {
            if (context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String("bot:pw"u8)) return Task.FromResult(false);
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"x\"";
            return Task.FromResult(true);
        };
        using var right = Open("bot", "pw");
        (await right.Manifest("team/app", "v1", Patience.Waiting, default)).ShouldNotBeNull();
        using var wrong = Open("bot", "other");
        (await Should.ThrowAsync<RemoteException>(() => wrong.Manifest("team/app", "v1", Patience.Waiting, default))).IsRefused.ShouldBeTrue();
        _registry.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Redirect_ToAnotherHost_IsFollowedWithoutTheCredential()
    {
        var content = Client.Random(1000);
        var digest = Digest.Parse(await _host.Client.PushBlob("team/app", content));
        string? leaked = null;
        _elsewhere.Fault = context =>
        {
            leaked = context.Request.Headers.Authorization;
            return Task.FromResult(false);
        };
        _registry.Fault = context =>
        {
            context.Response.StatusCode = context.Request.Headers.Authorization.Count == 0 ? 401 : 307;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"x\"";
            context.Response.Headers.Location = _elsewhere.Url + context.Request.Path;
            return Task.FromResult(true);
        };
        using var client = Open("bot", "pw");

        await using var blob = (await client.OpenBlob("team/app", digest, 0, Patience.Waiting, default))!;
        var read = new MemoryStream();
        await blob.CopyToAsync(read);

        read.ToArray().ShouldBe(content);
        _elsewhere.Requests.Count.ShouldBe(1);
        leaked.ShouldBeNull();
    }

    [Fact]
    public async Task Redirect_InACircle_Ends()
    {
        _registry.Fault = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = context.Request.Path.Value;
            return Task.FromResult(true);
        };
        using var client = Open();
        (await Should.ThrowAsync<RemoteException>(() => client.Manifest("team/app", "v1", Patience.Waiting, default))).Message.ShouldContain("redirects more than");
    }

    [Fact]
    public async Task Blob_WithoutRangesAndCut_IsReadOverToWhereItWas()
    {
        var content = Client.Random(200_000);
        var digest = Digest.Parse(await _host.Client.PushBlob("team/app", content));
        var asked = 0;
        _registry.Fault = context =>
        {
            context.Request.Headers.Remove("Range");
            return Task.FromResult(false);
        };
        _registry.Body = async (context, body) =>
        {
            await context.Response.Body.WriteAsync(asked++ > 0 ? body : body.AsMemory(0, 70_000));
            await context.Response.Body.FlushAsync();
            if (asked == 1) context.Abort();
        };
        using var client = Open();
        await using var blob = (await client.OpenBlob("team/app", digest, 0, Patience.Waiting, default))!;
        var read = new MemoryStream();
        await blob.CopyToAsync(read);
        read.ToArray().AsSpan().SequenceEqual(content).ShouldBeTrue();
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task Tags_InPages_AreAllRead()
    {
        for (var tag = 0; tag < 7; tag++) await _host.Client.PushImage("team/app", $"v{tag}");
        _registry.Fault = context =>
        {
            if (context.Request.QueryString.Value!.Contains("n=1000", StringComparison.Ordinal)) context.Response.Redirect(context.Request.Path + "?n=3");
            return Task.FromResult(context.Response.StatusCode == 302);
        };
        using var client = Open();
        (await client.Tags("team/app", Patience.Waiting, default)).ShouldBe(["v0", "v1", "v2", "v3", "v4", "v5", "v6"]);
        (await client.Tags("no/such", Patience.Waiting, default)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("docker.io", "https://registry-1.docker.io")]
    [InlineData("ghcr.io/team", "https://ghcr.io/team")]
    [InlineData("127.0.0.1:5000", "http://127.0.0.1:5000")]
    [InlineData("localhost", "http://localhost")]
    [InlineData("http://10.0.0.7:5000/v2/", "http://10.0.0.7:5000")]
    public void TryParse_WhatPeopleWrite_IsUnderstood(string text, string expected)
    {
        RemoteRegistry.TryParse(text, out var registry).ShouldBeTrue();
        registry!.ToString().ShouldBe(expected);
    }

    [Fact]
    public void NameOf_DockerHubsOwnImages_AreUnderLibrary()
    {
        RemoteRegistry.TryParse("docker.io", out var hub).ShouldBeTrue();
        hub!.NameOf("debian").ShouldBe("library/debian");
        hub.NameOf("grafana/grafana").ShouldBe("grafana/grafana");
        RemoteRegistry.TryParse("ghcr.io/team", out var team).ShouldBeTrue();
        team!.NameOf("app").ShouldBe("team/app");
    }

    int _issued;

    void RequireTokens(int expiresIn) => _registry.Fault = async context =>
    {
        if (context.Request.Path == "/token")
        {
            _tokenRequests.Enqueue($"{context.Request.QueryString}|{context.Request.Headers.Authorization}");
            await context.Response.WriteAsync($$"""{"token":"t{{_issued}}","expires_in":{{expiresIn}} }""");
            return true;
        }
        if (context.Request.Headers.Authorization == $"Bearer t{_issued}") return false;
        context.Response.StatusCode = 401;
        context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"{_registry.Url}/token\",service=\"loopback\",scope=\"repository:team/app:pull\"";
        return true;
    };

    RegistryClient Open(string? user = null, string? password = null) => new(new RemoteRegistry { Url = new Uri(_registry.Url), User = user, Password = password }, _host.Time);
}
